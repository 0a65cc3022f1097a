{% if comment %}-- {{ comment }}
{% endif %}CREATE TABLE IF NOT EXISTS {{ table }} (
{% for column in columns %}  {{ column.name|q }} {{ column.ty }}{% if column.required %} NOT NULL{% endif %}{{ column.options }}{% if not loop.last %},{% endif %}
{% endfor %}){{ clauses }};
