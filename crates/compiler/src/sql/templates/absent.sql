-- {{ address }}: rows that a reading of the whole table did not find are deleted at the time of the reading
INSERT INTO {{ stage }} ({{ columns|list }}, _state, _at, _deleted)
SELECT {{ columns|list("_l") }}, {% if several %}(
    -- after every state of the snapshots before it in the batch
    SELECT COALESCE(MAX(_n._state), 0) + 1
    FROM (
      SELECT _s._state FROM {{ stage }} AS _s
      UNION ALL
      SELECT _c._state FROM {{ changes }} AS _c WHERE _c._batch = {{ d.batch }}
    ) AS _n
  ){% else %}{{ d.max_int64 }}{% endif %}, {{ d.at }}, TRUE
FROM {{ rows }} AS _l
WHERE NOT _l._deleted
  AND NOT EXISTS (SELECT 1 FROM {{ stage }} AS _s WHERE {{ key|equal("_s", "_l") }});
