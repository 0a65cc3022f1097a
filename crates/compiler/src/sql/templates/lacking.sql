-- {{ landing.address }}: a reading of the whole table that lacks too many of the landed rows is not believed
SELECT CONCAT(CAST(_n.gone AS {{ text }}), ' of ', CAST(_n.landed AS {{ text }})) AS key_text
FROM (
  SELECT COUNT(*) AS landed, {{ d.count_if }}(_s._found IS NULL) AS gone
  FROM {{ landing.rows }} AS _l
  LEFT JOIN (SELECT DISTINCT {{ landing.key|folded("_b") }}, TRUE AS _found FROM {{ landing.stage }} AS _b) AS _s
    ON {{ landing.key|found("_s", "_l") }}
  WHERE NOT _l._deleted
) AS _n
WHERE {{ too_many }};
