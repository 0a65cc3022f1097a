-- {{ model }}: the rows {% if touched %}that were touched{% else %}of the whole query{% endif %}, as they are now
CREATE OR REPLACE TEMP TABLE incoming AS
SELECT _i.*{% if flags_deletes %}, FALSE AS is_deleted{% endif %}
FROM (
{{ query }}
) AS _i
{% if touched %}JOIN touched AS _t ON {{ touched|equal_or_null("_t", "_i") }}
{% endif %}{% if survivor %}QUALIFY ROW_NUMBER() OVER (PARTITION BY {{ key|by("_i") }} ORDER BY {{ survivor }}) = 1
{% endif %};
