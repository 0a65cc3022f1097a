-- {{ model }}: every role is bound to the version of its instant; a key is never NULL
CREATE OR REPLACE TEMP TABLE bound AS
SELECT
  {{ plain|list("i") }}{% for role in roles %},
  {{ role.key_expr }} AS {{ role.key|q }}{% if role.durable_expr %},
  {{ role.durable_expr }} AS {{ role.durable|q }}{% endif %}{% endfor %}
FROM incoming AS i
{% for role in roles %}{% if role.join %}LEFT JOIN {{ role.table }} AS {{ role.alias }}
  ON {{ role.join }}
{% endif %}{% endfor %};

-- {{ model }}: rows of {% if touched %}touched keys{% else %}the fact{% endif %} that the query no longer gives
CREATE OR REPLACE TEMP TABLE vanished AS
SELECT {{ key|list("f") }}
FROM {{ table }} AS f
{% if touched %}JOIN touched AS t ON {{ touched|equal("t", "f") }}
{% endif %}WHERE NOT EXISTS (SELECT 1 FROM bound AS b WHERE {{ key|equal("b", "f") }});
{% if deleted_query %}
-- {{ model }}: of these, the ones whose rows were deleted in the source; the others no longer pass the query
CREATE OR REPLACE TEMP TABLE purged AS
SELECT DISTINCT {{ key|list("v") }}
FROM vanished AS v
JOIN (
{{ deleted_query }}
) AS p ON {{ key|equal("p", "v") }};
{% endif %}
--? counts
SELECT
  (SELECT COUNT(*) FROM incoming) AS extracted,
  {{ d.count_if }}(f.loaded_batch IS NULL) AS inserted,
  {{ d.count_if }}(f.loaded_batch IS NOT NULL AND ({{ payload|differ("f", "b") }})) AS updated,
  (SELECT COUNT(*) FROM vanished{% if deleted_query %} AS v WHERE NOT EXISTS (SELECT 1 FROM purged AS p WHERE {{ key|equal("p", "v") }}){% endif %}) AS deleted,
  {{ d.count_if }}(f.loaded_batch IS NOT NULL AND NOT ({{ payload|differ("f", "b") }})) AS unchanged
FROM bound AS b
LEFT JOIN {{ table }} AS f ON {{ key|equal("f", "b") }};

DELETE FROM {{ table }} AS f
WHERE EXISTS (SELECT 1 FROM vanished AS v WHERE {{ key|equal("v", "f") }}){% if deleted_query %}
  AND NOT EXISTS (SELECT 1 FROM purged AS p WHERE {{ key|equal("p", "f") }}){% endif %};
{% if flags_deletes %}
-- {{ model }}: a row deleted in the source stays and says so
UPDATE {{ table }} AS f
SET is_deleted = TRUE, loaded_batch = {{ d.batch }}
WHERE NOT f.is_deleted
  AND EXISTS (SELECT 1 FROM purged AS p WHERE {{ key|equal("p", "f") }});
{% endif %}
MERGE INTO {{ table }} AS t
USING bound AS s
ON {{ key|equal("t", "s") }}
WHEN MATCHED AND ({{ payload|differ("t", "s") }}) THEN
  UPDATE SET {{ payload|assign("s") }}{% if flags_deletes %}is_deleted = FALSE, {% endif %}loaded_batch = {{ d.batch }}
WHEN NOT MATCHED THEN
  INSERT ({{ columns|list }}, {% if flags_deletes %}is_deleted, {% endif %}loaded_batch)
  VALUES ({{ columns|list("s") }}, {% if flags_deletes %}FALSE, {% endif %}{{ d.batch }});
