-- {{ model }}: a version without a number gets the next one; no number is given twice
INSERT INTO {{ keys }} (_hash, _key)
SELECT _n._hash, _m._last + ROW_NUMBER() OVER (ORDER BY _n._hash)
FROM (SELECT DISTINCT _v.{{ key_column|q }} AS _hash FROM versions AS _v) AS _n
CROSS JOIN (SELECT COALESCE(MAX(_k._key), 0) AS _last FROM {{ keys }} AS _k) AS _m
WHERE NOT EXISTS (SELECT 1 FROM {{ keys }} AS _k WHERE _k._hash = _n._hash);

UPDATE versions AS _v
SET {{ key_column|q }} = _k._key
FROM {{ keys }} AS _k
WHERE _k._hash = _v.{{ key_column|q }};
