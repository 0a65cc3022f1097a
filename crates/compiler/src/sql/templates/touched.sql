-- {{ model }}: the keys that the changes since the last load can affect
CREATE OR REPLACE TEMP TABLE touched AS
SELECT DISTINCT {% if folds %}{{ key|folded("keys") }}{% else %}*{% endif %} FROM (
{% for branch in branches %}{% if not loop.first %}
  UNION ALL
{% endif %}{{ branch }}{% endfor %}
) AS keys;
