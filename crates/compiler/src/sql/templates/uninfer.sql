-- {{ fact }}: where the model has changed, inferred members of `{{ dimension }}` that no fact names any more
CREATE OR REPLACE TEMP TABLE unnamed AS
SELECT _d.{{ key_column|q }} AS _key
FROM {{ table }} AS _d
WHERE {{ d.since }} = 0 AND _d.is_inferred{% for one in inferring %}
  AND NOT EXISTS (SELECT 1 FROM {{ one.table }} AS _f WHERE _f.{{ one.durable|q }} = _d.{{ durable_column|q }}){% endfor %};

DELETE FROM {{ table }} AS _d
WHERE EXISTS (SELECT 1 FROM unnamed AS _u WHERE _u._key = _d.{{ key_column|q }});
{% for one in others %}
-- {{ fact }}: rows of `{{ one.fact }}` that look such a member up and infer none have none
UPDATE {{ one.table }} AS _f
SET {{ one.key|q }} = -1
WHERE EXISTS (SELECT 1 FROM unnamed AS _u WHERE _u._key = _f.{{ one.key|q }});
{% endfor %}
