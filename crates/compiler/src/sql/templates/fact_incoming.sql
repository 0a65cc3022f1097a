-- {{ model }}: the rows {% if touched %}that were touched{% else %}of the whole query{% endif %}, as they are now
CREATE OR REPLACE TEMP TABLE incoming AS
SELECT i.*
FROM (
{{ query }}
) AS i
{% if touched %}JOIN touched AS t ON {{ touched|equal_or_null("t", "i") }}
{% endif %}{% if keep_latest_by %}QUALIFY ROW_NUMBER() OVER (PARTITION BY {{ key|list("i") }} ORDER BY i.{{ keep_latest_by|q }} DESC) = 1
{% endif %};
