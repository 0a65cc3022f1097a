-- {{ model }}: a version without a number gets the next one; no number is given twice
INSERT INTO {{ keys }} (_hash, _key)
SELECT n._hash, m._last + ROW_NUMBER() OVER (ORDER BY n._hash)
FROM (SELECT DISTINCT v.{{ key_column|q }} AS _hash FROM versions AS v) AS n
CROSS JOIN (SELECT COALESCE(MAX(k._key), 0) AS _last FROM {{ keys }} AS k) AS m
WHERE NOT EXISTS (SELECT 1 FROM {{ keys }} AS k WHERE k._hash = n._hash);

UPDATE versions AS v
SET {{ key_column|q }} = k._key
FROM {{ keys }} AS k
WHERE k._hash = v.{{ key_column|q }};
