# Clauses and expressions
SELECT WITH(a AS qty + 1, b AS a * 2, b + a) AS v FROM shop.orders
SELECT cust LIKE ANY ('a%', '%b') AS v FROM shop.orders
SELECT cust LIKE ALL ('a%', '%b') AS v FROM shop.orders
SELECT cust LIKE SOME ('a%', '%b') AS v FROM shop.orders
SELECT cust NOT LIKE ANY ('a%', '%b') AS v FROM shop.orders
SELECT cust NOT LIKE ALL ('a%', '%b') AS v FROM shop.orders
SELECT created - created AS v FROM shop.orders
SELECT d - d AS v FROM shop.orders
SELECT dt - dt AS v FROM shop.orders
SELECT TIME '10:00:00' - TIME '09:00:00' AS v
SELECT INTERVAL 1 DAY + INTERVAL 2 HOUR AS v
SELECT INTERVAL 1 DAY * 3 AS v
SELECT 3 * INTERVAL 1 DAY AS v
SELECT INTERVAL 3 DAY / 2 AS v
SELECT -INTERVAL 3 DAY AS v
SELECT INTERVAL '1-2' YEAR TO MONTH AS v
SELECT INTERVAL '1 10:20:30.5' DAY TO SECOND AS v
SELECT INTERVAL '1-2 3 4:5:6' YEAR TO SECOND AS v
SELECT INTERVAL qty DAY AS v FROM shop.orders
SELECT EXTRACT(DAY FROM INTERVAL 3 DAY) AS v
SELECT EXTRACT(HOUR FROM created - created) AS v FROM shop.orders
SELECT INTERVAL 1 DAY < INTERVAL 25 HOUR AS v
SELECT SUM(created - created) AS v FROM shop.orders
SELECT CAST(INTERVAL 1 DAY AS STRING) AS v
SELECT CAST('1-2 3 4:5:6' AS INTERVAL) AS v
SELECT COLLATE(cust, 'und:ci') AS v FROM shop.orders
SELECT cust FROM shop.orders ORDER BY cust COLLATE 'und:ci'
SELECT COLLATE(cust, 'und:ci') = 'A' AS v FROM shop.orders
SELECT * FROM shop.orders PIVOT(SUM(qty) FOR status IN ('paid', 'open'))
SELECT * FROM (SELECT cust, qty, status FROM shop.orders) PIVOT(SUM(qty) FOR status IN ('paid', 'open'))
SELECT * FROM (SELECT cust, qty, status FROM shop.orders) PIVOT(SUM(qty) AS s, COUNT(*) AS n FOR status IN ('paid' AS p, 'open' AS o))
SELECT * FROM (SELECT cust, qty, status FROM shop.orders) PIVOT(SUM(qty) s, COUNT(*) n FOR status IN ('paid' p, 'open' o))
SELECT * FROM (SELECT cust, qty, status FROM shop.orders) PIVOT(SUM(qty * 2) FOR UPPER(status) IN ('PAID', 'OPEN')) AS p
SELECT * FROM (SELECT cust, qty, id FROM shop.orders) PIVOT(ARRAY_AGG(qty) FOR id IN (1, 2, NULL))
SELECT * FROM (SELECT cust, qty, d FROM shop.orders) PIVOT(ANY_VALUE(qty) FOR d IN (DATE '2024-01-07', DATE '2024-01-31'))
SELECT * FROM (SELECT cust, qty, amount FROM shop.orders) PIVOT(SUM(qty) FOR amount IN (10.5, -5.125))
SELECT * FROM (SELECT cust, qty, status FROM shop.orders) PIVOT(SUM(qty) FOR (status, cust) IN (('paid', 'ann1'), ('open', 'bob')))
SELECT * FROM (SELECT cust, qty, status FROM shop.orders) PIVOT(COUNT(DISTINCT qty) FOR status IN ('paid', 'open'))
SELECT * FROM (SELECT cust, qty, status FROM shop.orders) PIVOT(STRING_AGG(cust ORDER BY cust) FOR status IN ('paid', 'open'))
SELECT * FROM (SELECT id, qty, price FROM shop.orders) UNPIVOT(v FOR n IN (qty, price))
SELECT * FROM (SELECT id, qty, id + 1 AS x FROM shop.orders) UNPIVOT(v FOR n IN (qty, x))
SELECT * FROM (SELECT id, qty, id + 1 AS x FROM shop.orders) UNPIVOT INCLUDE NULLS (v FOR n IN (qty, x))
SELECT * FROM (SELECT id, qty, id + 1 AS x FROM shop.orders) UNPIVOT EXCLUDE NULLS (v FOR n IN (qty AS 'quantity', x AS 'more')) AS u
SELECT * FROM (SELECT id, qty AS a, id + 1 AS b, cust AS c, note AS e FROM shop.orders) UNPIVOT((v, w) FOR n IN ((a, c), (b, e)))
SELECT * FROM (SELECT id, qty AS a, id + 1 AS b, cust AS c, note AS e FROM shop.orders) UNPIVOT((v, w) FOR n IN ((a, c) AS 'first', (b, e) AS 'second'))
FROM shop.orders |> WHERE qty > 1 |> SELECT id, qty
FROM shop.orders |> SELECT DISTINCT status
FROM shop.orders |> DISTINCT
FROM shop.orders |> SELECT cust, status |> DISTINCT |> ORDER BY 1
FROM shop.orders |> EXTEND qty * 2 AS twice |> WHERE twice > 2
FROM shop.orders |> EXTEND SUM(qty) OVER () AS total |> SELECT id, total
FROM shop.orders |> SET qty = qty + 1, cust = UPPER(cust) |> SELECT id, qty, cust
FROM shop.orders |> DROP tags, payload |> SELECT id
FROM shop.orders |> RENAME qty AS quantity, id AS order_id |> SELECT quantity, order_id
FROM shop.orders |> RENAME qty quantity |> SELECT quantity
FROM shop.orders |> AS o |> SELECT o.id
FROM shop.orders |> AS o |> JOIN shop.orders AS p ON o.id = p.id |> SELECT o.id, p.qty
FROM shop.orders |> AS o |> LEFT JOIN shop.orders AS p USING (id) |> SELECT id, p.qty
FROM shop.orders |> JOIN (SELECT id AS i, qty AS q FROM shop.orders) ON i = id |> SELECT id, q
FROM shop.orders |> CROSS JOIN UNNEST(tags) AS t |> SELECT id, t
FROM shop.orders |> AGGREGATE SUM(qty) AS s, COUNT(*) AS n
FROM shop.orders |> AGGREGATE SUM(qty) AS s GROUP BY status
FROM shop.orders |> AGGREGATE SUM(qty) AS s GROUP BY status AS st
FROM shop.orders |> AGGREGATE SUM(qty) AS s GROUP BY status DESC
FROM shop.orders |> AGGREGATE SUM(qty) AS s GROUP AND ORDER BY status
FROM shop.orders |> AGGREGATE SUM(qty) AS s DESC GROUP BY status
FROM shop.orders |> AGGREGATE GROUP BY status
FROM shop.orders |> AGGREGATE SUM(qty) GROUP BY status, cust |> WHERE status = 'paid'
FROM shop.orders |> ORDER BY id DESC |> LIMIT 2
FROM shop.orders |> ORDER BY id DESC |> LIMIT 2 OFFSET 1 |> SELECT id
FROM shop.orders |> SELECT id |> UNION ALL (SELECT 7)
FROM shop.orders |> SELECT id |> UNION DISTINCT (SELECT 7), (SELECT 8)
FROM shop.orders |> SELECT id |> INTERSECT DISTINCT (SELECT 1)
FROM shop.orders |> SELECT id |> EXCEPT DISTINCT (SELECT 1)
FROM shop.orders |> SELECT cust, qty, status |> PIVOT(SUM(qty) FOR status IN ('paid', 'open'))
FROM shop.orders |> SELECT id, qty, id + 1 AS x |> UNPIVOT(v FOR n IN (qty, x))
FROM shop.orders |> TABLESAMPLE SYSTEM (10 PERCENT)
SELECT id FROM shop.orders TABLESAMPLE SYSTEM (10 PERCENT)
SELECT id, qty FROM shop.orders |> WHERE qty > 1 |> AGGREGATE COUNT(*) AS n
(SELECT id FROM shop.orders) |> WHERE id > 1
FROM shop.orders |> WHERE qty > 1 |> WINDOW SUM(qty) OVER () AS w
FROM shop.orders
WITH x AS (FROM shop.orders |> SELECT id) SELECT * FROM x
SELECT CONCAT(1, 'a') AS v
SELECT CONCAT(qty, d, created, TRUE, 1.5) AS v FROM shop.orders
SELECT CONCAT('a') AS v
SELECT 1 || 'a' AS v
SELECT TRUE || 'a' AS v
SELECT b'a' || 'a' AS v
SELECT JSON_OBJECT('a', 1, 'b', [1,2]) AS v
SELECT JSON_OBJECT(['a','b'], [1,2]) AS v
SELECT JSON_ARRAY(1, 'a', NULL, TRUE) AS v
SELECT JSON_ARRAY() AS v
SELECT JSON_SET(JSON '{"a":1}', '$.a', 2) AS v
SELECT JSON_SET(JSON '{"a":1}', '$.b', 2, create_if_missing => FALSE) AS v
SELECT JSON_REMOVE(JSON '{"a":1}', '$.a') AS v
SELECT JSON_STRIP_NULLS(JSON '{"a":null}', include_arrays => FALSE) AS v
SELECT JSON_STRIP_NULLS(JSON '{"a":null}', remove_empty => TRUE) AS v
SELECT TO_JSON(STRUCT(1 AS a, 'x' AS b)) AS v
SELECT TO_JSON(1.5, stringify_wide_numbers => TRUE) AS v
SELECT TO_JSON_STRING(STRUCT(1 AS a), TRUE) AS v
SELECT PARSE_JSON('{"a":1.5}', wide_number_mode => 'round') AS v
SELECT LAX_INT64(JSON '"5"') AS v
SELECT JSON '{"a":{"b":[1,2]}}'.a.b[0] AS v
SELECT FLOAT64(JSON '1.5', wide_number_mode => 'round') AS v
SELECT NET.HOST('http://a.b.com/x') AS v
SELECT SAFE.NET.IP_FROM_STRING('x') AS v
SELECT RANGE(DATE '2024-01-01', DATE '2024-02-01') AS v
SELECT RANGE<DATE> '[2024-01-01, 2024-02-01)' AS v
SELECT RANGE_START(RANGE<DATE> '[2024-01-01, UNBOUNDED)') AS v
SELECT CAST('[2024-01-01, 2024-02-01)' AS RANGE<DATE>) AS v
SELECT RANGE_CONTAINS(RANGE(d, NULL), d) AS v FROM shop.orders
SELECT REGEXP_EXTRACT(cust, r'(?:a|b)(\w+)') AS v FROM shop.orders
SELECT REGEXP_EXTRACT(cust, r'[a-z]', 2, 2) AS v FROM shop.orders
SELECT REGEXP_EXTRACT(cust, note) AS v FROM shop.orders
SELECT REGEXP_INSTR(cust, 'n', 1, 2, 1) AS v FROM shop.orders
SELECT PERCENTILE_CONT(amount, 0.5) OVER () AS v FROM shop.orders
SELECT CAST(amount AS BIGNUMERIC) * 2 AS v FROM shop.orders
SELECT STRUCT(cust, status) AS s, COUNT(*) AS n FROM shop.orders GROUP BY s
SELECT CAST(d AS STRING FORMAT 'YYYY-MM-DD') AS v FROM shop.orders
SELECT CAST(12345 AS STRING FORMAT '99,999') AS v
SELECT CAST('2024-01-05' AS DATE FORMAT 'YYYY-MM-DD') AS v
SELECT CAST(created AS STRING FORMAT 'YYYY-MM-DD HH24:MI:SS TZH:TZM' AT TIME ZONE 'Asia/Seoul') AS v FROM shop.orders
SELECT CAST(b'ab' AS STRING FORMAT 'HEX') AS v
SELECT NORMALIZE(cust, NFKC) AS v FROM shop.orders
SELECT NORMALIZE_AND_CASEFOLD(cust) AS v FROM shop.orders
SELECT ARRAY_SLICE(tags, 0, 1) AS v FROM shop.orders
SELECT ROUND(amount, 2, 'ROUND_HALF_EVEN') AS v FROM shop.orders
SELECT EXTRACT(DATE FROM created AT TIME ZONE 'Asia/Seoul') AS v FROM shop.orders
SELECT CURRENT_DATE AS v
SELECT CURRENT_TIMESTAMP AS v
SELECT * EXCEPT (tags) FROM shop.orders
SELECT * REPLACE (qty + 1 AS qty) FROM shop.orders
SELECT id FROM shop.orders WHERE qty IN UNNEST([1, 2])
SELECT id, ROW_NUMBER() OVER w AS r FROM shop.orders WINDOW w AS (ORDER BY id)
SELECT id FROM shop.orders QUALIFY ROW_NUMBER() OVER (ORDER BY id) = 1
SELECT status, SUM(qty) AS s FROM shop.orders GROUP BY ALL
SELECT status, SUM(qty) AS s FROM shop.orders GROUP BY ROLLUP(status)
SELECT status, SUM(qty) AS s FROM shop.orders GROUP BY GROUPING SETS ((status), ())
SELECT DISTINCT status FROM shop.orders
SELECT AS STRUCT 1 AS a, 2 AS b
SELECT AS VALUE STRUCT(1 AS a, 2 AS b)
SELECT ARRAY(SELECT AS STRUCT id, qty FROM shop.orders) AS v
SELECT o.id, t FROM shop.orders AS o, o.tags AS t
SELECT o.id, t, off FROM shop.orders AS o, UNNEST(o.tags) AS t WITH OFFSET AS off
SELECT o.id, t, off FROM shop.orders AS o LEFT JOIN UNNEST(o.tags) AS t WITH OFFSET off
SELECT id FROM shop.orders UNION ALL BY NAME SELECT id FROM shop.orders
SELECT ANY_VALUE(cust HAVING MAX qty) AS v FROM shop.orders
SELECT STRING_AGG(DISTINCT cust, ';' ORDER BY cust LIMIT 2) AS v FROM shop.orders
SELECT ARRAY_AGG(cust IGNORE NULLS ORDER BY id DESC LIMIT 2) AS v FROM shop.orders
SELECT LAG(qty, 1, 0) OVER (ORDER BY id) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT IF(qty > 1, 'a', NULL) AS v FROM shop.orders
SELECT CASE WHEN qty > 1 THEN 1 ELSE 2.5 END AS v FROM shop.orders
SELECT DATE(created, 'Asia/Seoul') AS v FROM shop.orders
SELECT TIMESTAMP(dt, 'Asia/Seoul') AS v FROM shop.orders
SELECT TIMESTAMP(d) AS v FROM shop.orders
SELECT SAFE_CAST(cust AS INT64) AS v FROM shop.orders
SELECT HLL_COUNT.MERGE(sk) AS v FROM (SELECT HLL_COUNT.INIT(id) AS sk FROM shop.orders)
SELECT APPROX_TOP_SUM(cust, qty, 2) AS v FROM shop.orders
SELECT ST_GEOGPOINT(1.0, 2.0) AS v
SELECT x.a FROM UNNEST([STRUCT(1 AS a, 'b' AS b)]) AS x
SELECT * FROM UNNEST([1,2]) AS a WITH OFFSET
SELECT (SELECT MAX(t) FROM UNNEST(tags) AS t) AS v FROM shop.orders
SELECT EXISTS(SELECT 1 FROM UNNEST(tags) AS t WHERE t = 'vip') AS v FROM shop.orders
SELECT NULL AS v
SELECT [] AS v
SELECT [NULL] AS v
SELECT STRUCT(NULL AS a) AS v
SELECT IF(TRUE, NULL, NULL) AS v
SELECT COALESCE(NULL, NULL) AS v
SELECT NULL UNION ALL SELECT 'a'
SELECT NULL AS v UNION ALL SELECT NULL
SELECT CASE WHEN qty > 1 THEN NULL END AS v FROM shop.orders
SELECT ARRAY_AGG(NULL) AS v FROM shop.orders
SELECT MAX(NULL) AS v FROM shop.orders
SELECT NULL + 1 AS v
SELECT NULL || 'a' AS v
SELECT NULLIF(NULL, 1) AS v
SELECT GREATEST(NULL, NULL) AS v
SELECT x FROM (SELECT NULL AS x)
SELECT (SELECT NULL) AS v
SELECT ERROR('x') AS v
SELECT IF(FALSE, ERROR('x'), 1) AS v
# What other engines take
SELECT 1 AS a HAVING TRUE
SELECT id FROM shop.orders HAVING id > 1
SELECT id FROM shop.orders GROUP BY id HAVING qty > 1
SELECT id FROM shop.orders LIMIT qty
SELECT id FROM shop.orders LIMIT -1
SELECT id FROM shop.orders ORDER BY 3
SELECT id FROM shop.orders WHERE SUM(qty) > 1
SELECT id FROM shop.orders WHERE ROW_NUMBER() OVER () = 1
SELECT SUM(SUM(qty)) FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY SUM(qty)) FROM shop.orders
SELECT id, id FROM shop.orders
SELECT * FROM (SELECT id, id FROM shop.orders)
SELECT a FROM (SELECT id AS a, qty AS a FROM shop.orders)
SELECT id FROM shop.orders UNION SELECT id FROM shop.orders
SELECT id FROM shop.orders UNION ALL SELECT id, qty FROM shop.orders
SELECT id FROM shop.orders UNION ALL SELECT cust FROM shop.orders
SELECT id FROM shop.orders INTERSECT ALL SELECT id FROM shop.orders
SELECT id FROM shop.orders MINUS SELECT id FROM shop.orders
SELECT cust + 1 AS v FROM shop.orders
SELECT cust = 1 AS v FROM shop.orders
SELECT d = created AS v FROM shop.orders
SELECT d = dt AS v FROM shop.orders
SELECT d < '2024-01-01' AS v FROM shop.orders
SELECT d < cust AS v FROM shop.orders
SELECT IF(qty, 1, 2) AS v FROM shop.orders
SELECT IF(TRUE, 1, 'a') AS v
SELECT COALESCE(1, 'a') AS v
SELECT CASE qty WHEN 'a' THEN 1 END AS v FROM shop.orders
SELECT qty IN ('a') AS v FROM shop.orders
SELECT qty BETWEEN 'a' AND 'b' AS v FROM shop.orders
SELECT NOT qty AS v FROM shop.orders
SELECT qty AND TRUE AS v FROM shop.orders
SELECT -cust AS v FROM shop.orders
SELECT UPPER(qty) AS v FROM shop.orders
SELECT LENGTH(qty) AS v FROM shop.orders
SELECT SUBSTR(cust) AS v FROM shop.orders
SELECT CONCAT() AS v
SELECT CAST(d AS INT64) AS v FROM shop.orders
SELECT CAST(TRUE AS DATE) AS v
SELECT CAST(cust AS VARCHAR) AS v FROM shop.orders
SELECT CAST(qty AS FLOAT) AS v FROM shop.orders
SELECT CAST(qty AS DOUBLE) AS v FROM shop.orders
SELECT CAST(cust AS TEXT) AS v FROM shop.orders
SELECT CAST(1 AS NUMERIC(40, 2)) AS v
SELECT CAST(1 AS NUMERIC(5, 9)) AS v
SELECT CAST(1 AS STRING(2)) AS v
SELECT cust::STRING AS v FROM shop.orders
SELECT cust ILIKE 'a%' AS v FROM shop.orders
SELECT cust ~ 'a' AS v FROM shop.orders
SELECT cust LIKE 'a%' ESCAPE '!' AS v FROM shop.orders
SELECT cust SIMILAR TO 'a' AS v FROM shop.orders
SELECT qty % 2 AS v FROM shop.orders
SELECT qty ^ 2 AS v FROM shop.orders
SELECT 7 // 2 AS v
SELECT qty DIV 2 AS v FROM shop.orders
SELECT id FROM shop.orders FETCH FIRST 1 ROWS ONLY
SELECT TOP 1 id FROM shop.orders
SELECT id FROM shop.orders OFFSET 1
SELECT id FROM shop.orders LIMIT 1, 2
SELECT id FROM shop.orders FOR UPDATE
SELECT DISTINCT ON (id) id FROM shop.orders
SELECT id FROM shop.orders NATURAL JOIN shop.orders AS p
SELECT o.id FROM shop.orders AS o JOIN shop.orders AS p
SELECT o.id FROM shop.orders AS o LEFT JOIN shop.orders AS p
SELECT o.id FROM shop.orders AS o CROSS JOIN shop.orders AS p ON TRUE
SELECT id FROM shop.orders AS o JOIN shop.orders AS p ON o.id = p.id
SELECT orders.id FROM shop.orders AS o
SELECT o.nope FROM shop.orders AS o
SELECT tags.x FROM shop.orders
SELECT tags[0] AS v FROM shop.orders
SELECT tags['a'] AS v FROM shop.orders
SELECT qty[0] AS v FROM shop.orders
SELECT DISTINCT tags FROM shop.orders
SELECT DISTINCT JSON '1' AS v
SELECT JSON '1' = JSON '1' AS v
SELECT ARRAY_AGG(tags) AS v FROM shop.orders
SELECT [1, 'a'] AS v
SELECT [[1]] AS v
SELECT STRUCT(1 AS a).b AS v
SELECT (SELECT id, qty FROM shop.orders) AS v
SELECT id IN (SELECT id, qty FROM shop.orders) AS v FROM shop.orders
SELECT COUNT(*) OVER w AS v FROM shop.orders
SELECT RANK() OVER (PARTITION BY price ORDER BY id) AS v FROM shop.orders
SELECT SUM(qty) OVER (PARTITION BY price) AS v FROM shop.orders
SELECT SUM(qty) OVER (PARTITION BY tags) AS v FROM shop.orders
SELECT SUM(DISTINCT qty) OVER (ORDER BY id) AS v FROM shop.orders
SELECT COUNT(DISTINCT qty) OVER () AS v FROM shop.orders
SELECT SUM(qty) OVER (ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT SUM(qty) OVER (RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY cust RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY id, qty RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY id ROWS BETWEEN qty PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY id ROWS BETWEEN CURRENT ROW AND 1 PRECEDING) AS v FROM shop.orders
SELECT FIRST_VALUE(qty) AS v FROM shop.orders
SELECT ROW_NUMBER(1) OVER () AS v FROM shop.orders
SELECT UPPER(cust) OVER () AS v FROM shop.orders
SELECT PERCENTILE_CONT(qty, 0.5) AS v FROM shop.orders
SELECT PERCENTILE_CONT(qty, 0.5) OVER (ORDER BY id) AS v FROM shop.orders
SELECT PERCENTILE_CONT(qty, 2) OVER () AS v FROM shop.orders
SELECT STRING_AGG(qty) AS v FROM shop.orders
SELECT SUM(cust) AS v FROM shop.orders
SELECT AVG(d) AS v FROM shop.orders
SELECT COUNTIF(qty) AS v FROM shop.orders
SELECT COUNT() AS v FROM shop.orders
SELECT COUNT(id, qty) AS v FROM shop.orders
SELECT SUM(*) AS v FROM shop.orders
SELECT status, qty FROM shop.orders GROUP BY status
SELECT status, COUNT(*) AS n FROM shop.orders
SELECT * FROM shop.orders GROUP BY status
SELECT status FROM shop.orders GROUP BY 2
SELECT SUM(qty) AS s FROM shop.orders GROUP BY s
SELECT SUM(qty) AS s FROM shop.orders GROUP BY 1
SELECT status AS x, qty FROM shop.orders WHERE x = 'paid'
SELECT qty + 1 AS x, x + 1 AS y FROM shop.orders
SELECT status AS x FROM shop.orders GROUP BY x HAVING x = 'paid'
SELECT id AS x FROM shop.orders ORDER BY x + 1
SELECT id FROM shop.orders QUALIFY TRUE
SELECT id FROM shop.orders QUALIFY id = 1
SELECT DATE_TRUNC(d, HOUR) AS v FROM shop.orders
SELECT DATE_TRUNC(d, 'MONTH') AS v FROM shop.orders
SELECT DATE_TRUNC('month', d) AS v FROM shop.orders
SELECT DATE_DIFF(d, created, DAY) AS v FROM shop.orders
SELECT DATE_DIFF('day', d, d) AS v FROM shop.orders
SELECT DATE_ADD(d, 1) AS v FROM shop.orders
SELECT DATE_ADD(d, INTERVAL 1 HOUR) AS v FROM shop.orders
SELECT TIMESTAMP_ADD(created, INTERVAL 1 MONTH) AS v FROM shop.orders
SELECT created + 1 AS v FROM shop.orders
SELECT created + INTERVAL '1 day' AS v FROM shop.orders
SELECT d + INTERVAL 1 DAY AS v FROM shop.orders
SELECT EXTRACT(HOUR FROM d) AS v FROM shop.orders
SELECT EXTRACT(EPOCH FROM created) AS v FROM shop.orders
SELECT EXTRACT(DAY FROM cust) AS v FROM shop.orders
SELECT NOW() AS v
SELECT GETDATE() AS v
SELECT TO_DATE(cust) AS v FROM shop.orders
SELECT NVL(cust, 'a') AS v FROM shop.orders
SELECT ISNULL(cust) AS v FROM shop.orders
SELECT LEN(cust) AS v FROM shop.orders
SELECT STRING_SPLIT(cust, ',') AS v FROM shop.orders
SELECT LISTAGG(cust) AS v FROM shop.orders
SELECT ARRAY_CONTAINS(tags, 'a') AS v FROM shop.orders
SELECT STRFTIME(d, '%Y') AS v FROM shop.orders
SELECT DATEDIFF(d, d) AS v FROM shop.orders
SELECT PARSE_DATE('%Y', 2024) AS v
SELECT FORMAT_DATE('%Y', cust) AS v FROM shop.orders
SELECT FORMAT('%d', cust) AS v FROM shop.orders
SELECT DATE '2024-13-01' AS v
SELECT TIMESTAMP 'x' AS v
SELECT NUMERIC 'x' AS v
SELECT "a" AS v
SELECT 'it''s' AS v
SELECT r'\d' AS v
SELECT 1_000 AS v
SELECT .5 AS v
SELECT 1. AS v
SELECT 99999999999999999999 AS v
SELECT id, FROM shop.orders
SELECT id FROM shop.orders,
SELECT FROM shop.orders
SELECT id AS 'x' FROM shop.orders
SELECT id AS "x" FROM shop.orders
SELECT id x FROM shop.orders
SELECT id order FROM shop.orders
SELECT id FROM shop.orders WHERE
SELECT id FROM nope
VALUES (1)
TABLE orders
FROM shop.orders SELECT id
SELECT * EXCEPT (nope) FROM shop.orders
SELECT * EXCEPT (id, id) FROM shop.orders
SELECT * REPLACE (1 AS nope) FROM shop.orders
SELECT * EXCLUDE (id) FROM shop.orders
SELECT * RENAME (id AS x) FROM shop.orders
SELECT o.* FROM shop.orders AS o, UNNEST(o.tags) AS t
SELECT t.* FROM shop.orders AS o, UNNEST(o.tags) AS t
SELECT x FROM UNNEST([1, 2]) AS x(y)
SELECT unnest(tags) AS v FROM shop.orders
SELECT x FROM UNNEST(1) AS x
SELECT SUM(qty) WITHIN GROUP (ORDER BY id) AS v FROM shop.orders
SELECT GROUPING(status) AS v FROM shop.orders
SELECT SAFE.SUM(qty) AS v FROM shop.orders
SELECT SAFE_CAST(qty AS DATE) AS v FROM shop.orders
SELECT LAG(qty, -1) OVER (ORDER BY id) AS v FROM shop.orders
SELECT NTILE(0) OVER (ORDER BY id) AS v FROM shop.orders
SELECT ANY_VALUE(cust ORDER BY id) AS v FROM shop.orders
SELECT SUM(qty ORDER BY id) AS v FROM shop.orders
SELECT ARRAY_AGG(cust ORDER BY id) OVER () AS v FROM shop.orders
SELECT ARRAY_AGG(DISTINCT cust ORDER BY id) AS v FROM shop.orders
SELECT STRING_AGG(cust, ',' LIMIT -1) AS v FROM shop.orders
SELECT APPROX_QUANTILES(qty, 0) AS v FROM shop.orders
WITH a AS (SELECT 1 AS x), a AS (SELECT 2 AS x) SELECT * FROM a
WITH a AS (SELECT * FROM b), b AS (SELECT 1 AS x) SELECT * FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM a WHERE x < 3) SELECT x FROM a
WITH a AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM a WHERE x < 3) SELECT x FROM a
WITH RECURSIVE a AS (SELECT x + 1 AS x FROM a) SELECT x FROM a
WITH a(y) AS (SELECT 1 AS x) SELECT y FROM a
SELECT (SELECT o.id FROM shop.orders AS p) AS v FROM shop.orders AS o
SELECT id FROM (SELECT id FROM shop.orders) WHERE orders.id = 1
SELECT CURRENT_DATE('nope') AS v
SELECT DATE(created, 9) AS v FROM shop.orders
SELECT REGEXP_CONTAINS(cust, '(') AS v FROM shop.orders
SELECT JSON_VALUE(payload, 'a') AS v FROM shop.orders
SELECT payload.a AS v FROM shop.orders
SELECT TO_JSON_STRING() AS v
SELECT GENERATE_ARRAY('a', 'b') AS v
SELECT ARRAY_LENGTH(cust) AS v FROM shop.orders
SELECT EXISTS(1) AS v
SELECT id FROM shop.orders WHERE id = ANY (SELECT 1)
SELECT id FROM shop.orders WHERE id IN 1
SELECT id FROM shop.orders WHERE (id, qty) = (1, 2)
SELECT id FROM shop.orders WHERE (id, qty) IN ((1, 2))
SELECT id FROM shop.orders WHERE (id, qty) IN (SELECT (1, 2))
SELECT id FROM shop.orders WHERE qty IS 1
SELECT qty IS TRUE AS v FROM shop.orders
SELECT id FROM shop.orders WHERE NULL
SELECT id FROM shop.orders WHERE 1
SELECT id FROM shop.orders WHERE 'true'
SELECT IF(NULL, 1, 2) AS v
SELECT NULL = NULL AS v
SELECT NULL IN (1) AS v
SELECT CAST(NULL AS STRING) || NULL AS v
SELECT 'a' || NULL AS v
SELECT -NULL AS v
SELECT ABS(NULL) AS v
SELECT UPPER(NULL) AS v
SELECT CONCAT(NULL, 'a') AS v
SELECT DATE_ADD(NULL, INTERVAL 1 DAY) AS v
SELECT SUM(NULL) AS v
SELECT [] || [1] AS v
SELECT ARRAY<INT64>[] AS v
SELECT ARRAY<STRING>[1] AS v
SELECT STRUCT<a INT64>('x') AS v
SELECT STRUCT<INT64, STRING>(1, 'a') AS v
SELECT (1, 'a').a AS v
SELECT SUM(qty) AS v FROM shop.orders ORDER BY id
SELECT status FROM shop.orders GROUP BY status ORDER BY qty
SELECT status FROM shop.orders GROUP BY status ORDER BY SUM(qty)
SELECT DISTINCT status FROM shop.orders ORDER BY id
SELECT id FROM shop.orders UNION ALL SELECT qty FROM shop.orders ORDER BY qty
SELECT id FROM shop.orders UNION ALL SELECT qty FROM shop.orders ORDER BY id
SELECT id FROM shop.orders UNION ALL SELECT qty FROM shop.orders ORDER BY id + 1
SELECT id FROM shop.orders ORDER BY id UNION ALL SELECT 1
SELECT id FROM shop.orders UNION ALL SELECT 1 EXCEPT DISTINCT SELECT 2
SELECT id FROM shop.orders UNION ALL SELECT 1 UNION DISTINCT SELECT 2
SELECT id FROM shop.orders TABLESAMPLE BERNOULLI (10 PERCENT)
SELECT o.id FROM shop.orders o, shop.orders o
SELECT id FROM shop.orders GROUP BY ROLLUP(id), qty
SELECT 5 AS v FROM shop.orders GROUP BY v
SELECT IF(qty > 1, TRUE) AS v FROM shop.orders
SELECT GREATEST(1, 'a') AS v
SELECT GREATEST(tags) AS v FROM shop.orders
SELECT SAFE_DIVIDE('1', 2) AS v
SELECT DIV(1.5, 2) AS v
SELECT MOD(1.5, 2) AS v
SELECT MOD(price, 2) AS v FROM shop.orders
SELECT ROUND(1.5, 1.5) AS v
SELECT POW(2) AS v
SELECT BIT_COUNT('a') AS v
SELECT 1 << 'a' AS v
SELECT 1.5 & 1 AS v
SELECT LEFT(cust, 'a') AS v FROM shop.orders
SELECT SPLIT(cust, 1) AS v FROM shop.orders
SELECT PARSE_TIMESTAMP('%Y') AS v
SELECT TIMESTAMP_DIFF(created, created, MONTH) AS v FROM shop.orders
SELECT TIMESTAMP_TRUNC(created, MILLENNIUM) AS v FROM shop.orders
SELECT LAST_DAY(created) AS v FROM shop.orders
SELECT UNIX_DATE(created) AS v FROM shop.orders
SELECT GENERATE_DATE_ARRAY(d, d, 1) AS v FROM shop.orders
SELECT GENERATE_UUID(1) AS v
SELECT MD5(qty) AS v FROM shop.orders
SELECT TO_HEX(cust) AS v FROM shop.orders
# Functions
SELECT ABS(qty) AS v FROM shop.orders
SELECT ABS(price) AS v FROM shop.orders
SELECT ABS(amount) AS v FROM shop.orders
SELECT ABS(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT ACOS(price) AS v FROM shop.orders
SELECT ACOSH(price) AS v FROM shop.orders
SELECT AEAD.DECRYPT_BYTES(b'ab', b'ab', b'ab') AS v FROM shop.orders
SELECT AEAD.DECRYPT_STRING(b'ab', b'ab', cust) AS v FROM shop.orders
SELECT AEAD.ENCRYPT(b'ab', cust, cust) AS v FROM shop.orders
SELECT AEAD.ENCRYPT(b'ab', b'ab', b'ab') AS v FROM shop.orders
SELECT ANY_VALUE(cust) AS v FROM shop.orders
SELECT APPROX_COUNT_DISTINCT(cust) AS v FROM shop.orders
SELECT APPROX_QUANTILES(cust, qty) AS v FROM shop.orders
SELECT APPROX_TOP_COUNT(cust, qty) AS v FROM shop.orders
SELECT APPROX_TOP_SUM(cust, qty, qty) AS v FROM shop.orders
SELECT APPROX_TOP_SUM(cust, price, qty) AS v FROM shop.orders
SELECT APPROX_TOP_SUM(cust, amount, qty) AS v FROM shop.orders
SELECT APPROX_TOP_SUM(cust, CAST(amount AS BIGNUMERIC), qty) AS v FROM shop.orders
SELECT ARRAY_AGG(cust) AS v FROM shop.orders
SELECT ARRAY_CONCAT(tags, tags) AS v FROM shop.orders
SELECT ARRAY_CONCAT_AGG(tags) AS v FROM shop.orders
SELECT ARRAY_FIRST(tags) AS v FROM shop.orders
SELECT ARRAY_LAST(tags) AS v FROM shop.orders
SELECT ARRAY_LENGTH(tags) AS v FROM shop.orders
SELECT ARRAY_REVERSE(tags) AS v FROM shop.orders
SELECT ARRAY_SLICE(tags, qty, qty) AS v FROM shop.orders
SELECT ARRAY_TO_STRING(tags, cust) AS v FROM shop.orders
SELECT ARRAY_TO_STRING(tags, cust, cust) AS v FROM shop.orders
SELECT ARRAY_TO_STRING([b'a'], b'ab') AS v FROM shop.orders
SELECT ARRAY_TO_STRING([b'a'], b'ab', b'ab') AS v FROM shop.orders
SELECT ASCII(cust) AS v FROM shop.orders
SELECT ASCII(b'ab') AS v FROM shop.orders
SELECT ASIN(price) AS v FROM shop.orders
SELECT ASINH(price) AS v FROM shop.orders
SELECT ATAN(price) AS v FROM shop.orders
SELECT ATAN2(price, price) AS v FROM shop.orders
SELECT ATANH(price) AS v FROM shop.orders
SELECT AVG(qty) AS v FROM shop.orders
SELECT AVG(price) AS v FROM shop.orders
SELECT AVG(amount) AS v FROM shop.orders
SELECT AVG(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT AVG(INTERVAL 1 DAY) AS v FROM shop.orders
SELECT BIT_AND(qty) AS v FROM shop.orders
SELECT BIT_COUNT(qty) AS v FROM shop.orders
SELECT BIT_COUNT(b'ab') AS v FROM shop.orders
SELECT BIT_OR(qty) AS v FROM shop.orders
SELECT BIT_XOR(qty) AS v FROM shop.orders
SELECT BOOL(JSON '{"a":1}') AS v FROM shop.orders
SELECT BOOL_ARRAY(JSON '{"a":1}') AS v FROM shop.orders
SELECT BYTE_LENGTH(cust) AS v FROM shop.orders
SELECT BYTE_LENGTH(b'ab') AS v FROM shop.orders
SELECT CBRT(price) AS v FROM shop.orders
SELECT CBRT(amount) AS v FROM shop.orders
SELECT CBRT(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT CEIL(price) AS v FROM shop.orders
SELECT CEIL(amount) AS v FROM shop.orders
SELECT CEIL(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT CHAR_LENGTH(cust) AS v FROM shop.orders
SELECT CHR(qty) AS v FROM shop.orders
SELECT COALESCE(cust) AS v FROM shop.orders
SELECT CODE_POINTS_TO_BYTES([1,2]) AS v FROM shop.orders
SELECT CODE_POINTS_TO_STRING([1,2]) AS v FROM shop.orders
SELECT COLLATE(cust, cust) AS v FROM shop.orders
SELECT CONCAT(cust, cust) AS v FROM shop.orders
SELECT CONCAT(b'ab', b'ab') AS v FROM shop.orders
SELECT CORR(amount, amount) AS v FROM shop.orders
SELECT CORR(CAST(amount AS BIGNUMERIC), CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT CORR(price, price) AS v FROM shop.orders
SELECT COS(price) AS v FROM shop.orders
SELECT COSH(price) AS v FROM shop.orders
SELECT COSINE_DISTANCE([1.5,2.5], [1.5,2.5]) AS v FROM shop.orders
SELECT COT(price) AS v FROM shop.orders
SELECT COTH(price) AS v FROM shop.orders
SELECT COUNT(cust) AS v FROM shop.orders
SELECT COUNTIF(TRUE) AS v FROM shop.orders
SELECT COVAR_POP(amount, amount) AS v FROM shop.orders
SELECT COVAR_POP(CAST(amount AS BIGNUMERIC), CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT COVAR_POP(price, price) AS v FROM shop.orders
SELECT COVAR_SAMP(amount, amount) AS v FROM shop.orders
SELECT COVAR_SAMP(CAST(amount AS BIGNUMERIC), CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT COVAR_SAMP(price, price) AS v FROM shop.orders
SELECT CSC(price) AS v FROM shop.orders
SELECT CSCH(price) AS v FROM shop.orders
SELECT CUME_DIST() OVER (ORDER BY id) AS v FROM shop.orders
SELECT CURRENT_DATE() AS v FROM shop.orders
SELECT CURRENT_DATE(cust) AS v FROM shop.orders
SELECT CURRENT_DATETIME() AS v FROM shop.orders
SELECT CURRENT_DATETIME(cust) AS v FROM shop.orders
SELECT CURRENT_TIME() AS v FROM shop.orders
SELECT CURRENT_TIME(cust) AS v FROM shop.orders
SELECT CURRENT_TIMESTAMP() AS v FROM shop.orders
SELECT DATE(created) AS v FROM shop.orders
SELECT DATE(created, cust) AS v FROM shop.orders
SELECT DATE(dt) AS v FROM shop.orders
SELECT DATE(qty, qty, qty) AS v FROM shop.orders
SELECT DATE(d) AS v FROM shop.orders
SELECT DATE(cust) AS v FROM shop.orders
SELECT DATETIME(qty, qty, qty, qty, qty, qty) AS v FROM shop.orders
SELECT DATETIME(d, TIME '10:00:00') AS v FROM shop.orders
SELECT DATETIME(created) AS v FROM shop.orders
SELECT DATETIME(created, cust) AS v FROM shop.orders
SELECT DATETIME(d) AS v FROM shop.orders
SELECT DATETIME(dt) AS v FROM shop.orders
SELECT DATETIME(cust) AS v FROM shop.orders
SELECT DATE_FROM_UNIX_DATE(qty) AS v FROM shop.orders
SELECT DENSE_RANK() OVER (ORDER BY id) AS v FROM shop.orders
SELECT DETERMINISTIC_DECRYPT_BYTES(b'ab', b'ab', b'ab') AS v FROM shop.orders
SELECT DETERMINISTIC_DECRYPT_STRING(b'ab', b'ab', cust) AS v FROM shop.orders
SELECT DETERMINISTIC_ENCRYPT(b'ab', cust, cust) AS v FROM shop.orders
SELECT DETERMINISTIC_ENCRYPT(b'ab', b'ab', b'ab') AS v FROM shop.orders
SELECT DIV(qty, qty) AS v FROM shop.orders
SELECT DIV(amount, amount) AS v FROM shop.orders
SELECT DIV(CAST(amount AS BIGNUMERIC), CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT EDIT_DISTANCE(cust, cust) AS v FROM shop.orders
SELECT EDIT_DISTANCE(cust, cust, qty) AS v FROM shop.orders
SELECT ENDS_WITH(cust, cust) AS v FROM shop.orders
SELECT ENDS_WITH(b'ab', b'ab') AS v FROM shop.orders
SELECT ERROR(cust) AS v FROM shop.orders
SELECT EUCLIDEAN_DISTANCE([1.5,2.5], [1.5,2.5]) AS v FROM shop.orders
SELECT EXP(price) AS v FROM shop.orders
SELECT EXP(amount) AS v FROM shop.orders
SELECT EXP(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT FARM_FINGERPRINT(b'ab') AS v FROM shop.orders
SELECT FARM_FINGERPRINT(cust) AS v FROM shop.orders
SELECT FIRST_VALUE(cust) OVER (ORDER BY id) AS v FROM shop.orders
SELECT FLOAT64(JSON '{"a":1}') AS v FROM shop.orders
SELECT FLOAT64(JSON '{"a":1}', cust) AS v FROM shop.orders
SELECT FLOAT64_ARRAY(JSON '{"a":1}') AS v FROM shop.orders
SELECT FLOAT64_ARRAY(JSON '{"a":1}', cust) AS v FROM shop.orders
SELECT FLOOR(price) AS v FROM shop.orders
SELECT FLOOR(amount) AS v FROM shop.orders
SELECT FLOOR(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT FORMAT(cust, cust) AS v FROM shop.orders
SELECT FORMAT_DATE(cust, d) AS v FROM shop.orders
SELECT FORMAT_DATE(cust, dt) AS v FROM shop.orders
SELECT FORMAT_DATE(cust, created) AS v FROM shop.orders
SELECT FORMAT_DATE(cust, created, cust) AS v FROM shop.orders
SELECT FORMAT_DATETIME(cust, dt) AS v FROM shop.orders
SELECT FORMAT_DATETIME(cust, created) AS v FROM shop.orders
SELECT FORMAT_DATETIME(cust, created, cust) AS v FROM shop.orders
SELECT FORMAT_TIME(cust, TIME '10:00:00') AS v FROM shop.orders
SELECT FORMAT_TIMESTAMP(cust, created) AS v FROM shop.orders
SELECT FORMAT_TIMESTAMP(cust, created, cust) AS v FROM shop.orders
SELECT FROM_BASE32(cust) AS v FROM shop.orders
SELECT FROM_BASE64(cust) AS v FROM shop.orders
SELECT FROM_HEX(cust) AS v FROM shop.orders
SELECT GENERATE_ARRAY(qty, qty) AS v FROM shop.orders
SELECT GENERATE_ARRAY(qty, qty, qty) AS v FROM shop.orders
SELECT GENERATE_ARRAY(amount, amount) AS v FROM shop.orders
SELECT GENERATE_ARRAY(amount, amount, amount) AS v FROM shop.orders
SELECT GENERATE_ARRAY(CAST(amount AS BIGNUMERIC), CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT GENERATE_ARRAY(CAST(amount AS BIGNUMERIC), CAST(amount AS BIGNUMERIC), CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT GENERATE_ARRAY(price, price) AS v FROM shop.orders
SELECT GENERATE_ARRAY(price, price, price) AS v FROM shop.orders
SELECT GENERATE_RANGE_ARRAY(RANGE(created, created), INTERVAL 1 DAY) AS v FROM shop.orders
SELECT GENERATE_RANGE_ARRAY(RANGE(created, created), INTERVAL 1 DAY, TRUE) AS v FROM shop.orders
SELECT GENERATE_RANGE_ARRAY(RANGE<DATE> '[2024-01-01, 2024-02-01)', INTERVAL 1 DAY) AS v FROM shop.orders
SELECT GENERATE_RANGE_ARRAY(RANGE<DATE> '[2024-01-01, 2024-02-01)', INTERVAL 1 DAY, TRUE) AS v FROM shop.orders
SELECT GENERATE_RANGE_ARRAY(RANGE(dt, dt), INTERVAL 1 DAY) AS v FROM shop.orders
SELECT GENERATE_RANGE_ARRAY(RANGE(dt, dt), INTERVAL 1 DAY, TRUE) AS v FROM shop.orders
SELECT GENERATE_UUID() AS v FROM shop.orders
SELECT GREATEST(cust) AS v FROM shop.orders
SELECT GROUPING(cust) AS v FROM shop.orders
SELECT HLL_COUNT.EXTRACT(b'ab') AS v FROM shop.orders
SELECT HLL_COUNT.INIT(qty) AS v FROM shop.orders
SELECT HLL_COUNT.INIT(qty, qty) AS v FROM shop.orders
SELECT HLL_COUNT.INIT(amount) AS v FROM shop.orders
SELECT HLL_COUNT.INIT(amount, qty) AS v FROM shop.orders
SELECT HLL_COUNT.INIT(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT HLL_COUNT.INIT(CAST(amount AS BIGNUMERIC), qty) AS v FROM shop.orders
SELECT HLL_COUNT.INIT(cust) AS v FROM shop.orders
SELECT HLL_COUNT.INIT(cust, qty) AS v FROM shop.orders
SELECT HLL_COUNT.INIT(b'ab') AS v FROM shop.orders
SELECT HLL_COUNT.INIT(b'ab', qty) AS v FROM shop.orders
SELECT HLL_COUNT.MERGE(b'ab') AS v FROM shop.orders
SELECT HLL_COUNT.MERGE_PARTIAL(b'ab') AS v FROM shop.orders
SELECT IEEE_DIVIDE(price, price) AS v FROM shop.orders
SELECT IF(TRUE, cust, cust) AS v FROM shop.orders
SELECT IFNULL(cust, cust) AS v FROM shop.orders
SELECT INITCAP(cust) AS v FROM shop.orders
SELECT INITCAP(cust, cust) AS v FROM shop.orders
SELECT INSTR(cust, cust) AS v FROM shop.orders
SELECT INSTR(cust, cust, qty, qty) AS v FROM shop.orders
SELECT INSTR(b'ab', b'ab') AS v FROM shop.orders
SELECT INSTR(b'ab', b'ab', qty, qty) AS v FROM shop.orders
SELECT INT64(JSON '{"a":1}') AS v FROM shop.orders
SELECT INT64_ARRAY(JSON '{"a":1}') AS v FROM shop.orders
SELECT IS_INF(price) AS v FROM shop.orders
SELECT IS_NAN(price) AS v FROM shop.orders
SELECT JSON_ARRAY(cust) AS v FROM shop.orders
SELECT JSON_ARRAY_APPEND(JSON '{"a":1}', cust, cust, cust, cust) AS v FROM shop.orders
SELECT JSON_ARRAY_APPEND(JSON '{"a":1}', cust, cust, cust, cust, TRUE) AS v FROM shop.orders
SELECT JSON_ARRAY_INSERT(JSON '{"a":1}', cust, cust, cust, cust) AS v FROM shop.orders
SELECT JSON_ARRAY_INSERT(JSON '{"a":1}', cust, cust, cust, cust, TRUE) AS v FROM shop.orders
SELECT JSON_EXTRACT(cust, cust) AS v FROM shop.orders
SELECT JSON_EXTRACT(JSON '{"a":1}', cust) AS v FROM shop.orders
SELECT JSON_EXTRACT_ARRAY(cust) AS v FROM shop.orders
SELECT JSON_EXTRACT_ARRAY(cust, cust) AS v FROM shop.orders
SELECT JSON_EXTRACT_ARRAY(JSON '{"a":1}') AS v FROM shop.orders
SELECT JSON_EXTRACT_ARRAY(JSON '{"a":1}', cust) AS v FROM shop.orders
SELECT JSON_EXTRACT_SCALAR(cust) AS v FROM shop.orders
SELECT JSON_EXTRACT_SCALAR(cust, cust) AS v FROM shop.orders
SELECT JSON_EXTRACT_SCALAR(JSON '{"a":1}') AS v FROM shop.orders
SELECT JSON_EXTRACT_SCALAR(JSON '{"a":1}', cust) AS v FROM shop.orders
SELECT JSON_EXTRACT_STRING_ARRAY(cust) AS v FROM shop.orders
SELECT JSON_EXTRACT_STRING_ARRAY(cust, cust) AS v FROM shop.orders
SELECT JSON_EXTRACT_STRING_ARRAY(JSON '{"a":1}') AS v FROM shop.orders
SELECT JSON_EXTRACT_STRING_ARRAY(JSON '{"a":1}', cust) AS v FROM shop.orders
SELECT JSON_FLATTEN(JSON '{"a":1}') AS v FROM shop.orders
SELECT JSON_KEYS(JSON '{"a":1}') AS v FROM shop.orders
SELECT JSON_KEYS(JSON '{"a":1}', qty, cust) AS v FROM shop.orders
SELECT JSON_OBJECT(cust, cust) AS v FROM shop.orders
SELECT JSON_OBJECT(tags, tags) AS v FROM shop.orders
SELECT JSON_QUERY(cust, cust) AS v FROM shop.orders
SELECT JSON_QUERY(JSON '{"a":1}', cust) AS v FROM shop.orders
SELECT JSON_QUERY_ARRAY(cust) AS v FROM shop.orders
SELECT JSON_QUERY_ARRAY(cust, cust) AS v FROM shop.orders
SELECT JSON_QUERY_ARRAY(JSON '{"a":1}') AS v FROM shop.orders
SELECT JSON_QUERY_ARRAY(JSON '{"a":1}', cust) AS v FROM shop.orders
SELECT JSON_REMOVE(JSON '{"a":1}', cust, cust) AS v FROM shop.orders
SELECT JSON_SET(JSON '{"a":1}', cust, cust, cust, cust) AS v FROM shop.orders
SELECT JSON_SET(JSON '{"a":1}', cust, cust, cust, cust, TRUE) AS v FROM shop.orders
SELECT JSON_STRIP_NULLS(JSON '{"a":1}') AS v FROM shop.orders
SELECT JSON_STRIP_NULLS(JSON '{"a":1}', cust, TRUE, TRUE) AS v FROM shop.orders
SELECT JSON_TYPE(JSON '{"a":1}') AS v FROM shop.orders
SELECT JSON_VALUE(cust) AS v FROM shop.orders
SELECT JSON_VALUE(cust, cust) AS v FROM shop.orders
SELECT JSON_VALUE(JSON '{"a":1}') AS v FROM shop.orders
SELECT JSON_VALUE(JSON '{"a":1}', cust) AS v FROM shop.orders
SELECT JSON_VALUE_ARRAY(cust) AS v FROM shop.orders
SELECT JSON_VALUE_ARRAY(cust, cust) AS v FROM shop.orders
SELECT JSON_VALUE_ARRAY(JSON '{"a":1}') AS v FROM shop.orders
SELECT JSON_VALUE_ARRAY(JSON '{"a":1}', cust) AS v FROM shop.orders
SELECT JUSTIFY_DAYS(INTERVAL 1 DAY) AS v FROM shop.orders
SELECT JUSTIFY_HOURS(INTERVAL 1 DAY) AS v FROM shop.orders
SELECT JUSTIFY_INTERVAL(INTERVAL 1 DAY) AS v FROM shop.orders
SELECT KEYS.ADD_KEY_FROM_RAW_BYTES(b'ab', cust, b'ab') AS v FROM shop.orders
SELECT KEYS.KEYSET_CHAIN(cust, b'ab', b'ab') AS v FROM shop.orders
SELECT KEYS.KEYSET_CHAIN(cust, b'ab') AS v FROM shop.orders
SELECT KEYS.KEYSET_FROM_JSON(cust) AS v FROM shop.orders
SELECT KEYS.KEYSET_LENGTH(b'ab') AS v FROM shop.orders
SELECT KEYS.KEYSET_TO_JSON(b'ab') AS v FROM shop.orders
SELECT KEYS.NEW_KEYSET(cust) AS v FROM shop.orders
SELECT KEYS.NEW_WRAPPED_KEYSET(cust, cust) AS v FROM shop.orders
SELECT KEYS.REWRAP_KEYSET(cust, cust, b'ab') AS v FROM shop.orders
SELECT KEYS.ROTATE_KEYSET(b'ab', cust) AS v FROM shop.orders
SELECT KEYS.ROTATE_WRAPPED_KEYSET(cust, b'ab', cust) AS v FROM shop.orders
SELECT KLL_QUANTILES.EXTRACT_FLOAT64(b'ab', qty) AS v FROM shop.orders
SELECT KLL_QUANTILES.EXTRACT_INT64(b'ab', qty) AS v FROM shop.orders
SELECT KLL_QUANTILES.EXTRACT_POINT_FLOAT64(b'ab', price) AS v FROM shop.orders
SELECT KLL_QUANTILES.EXTRACT_POINT_INT64(b'ab', price) AS v FROM shop.orders
SELECT KLL_QUANTILES.INIT_FLOAT64(price) AS v FROM shop.orders
SELECT KLL_QUANTILES.INIT_FLOAT64(price, qty, qty) AS v FROM shop.orders
SELECT KLL_QUANTILES.INIT_INT64(qty) AS v FROM shop.orders
SELECT KLL_QUANTILES.INIT_INT64(qty, qty, qty) AS v FROM shop.orders
SELECT KLL_QUANTILES.MERGE_FLOAT64(b'ab', qty) AS v FROM shop.orders
SELECT KLL_QUANTILES.MERGE_INT64(b'ab', qty) AS v FROM shop.orders
SELECT KLL_QUANTILES.MERGE_PARTIAL(b'ab') AS v FROM shop.orders
SELECT KLL_QUANTILES.MERGE_POINT_FLOAT64(b'ab', price) AS v FROM shop.orders
SELECT KLL_QUANTILES.MERGE_POINT_INT64(b'ab', price) AS v FROM shop.orders
SELECT LAG(cust) OVER (ORDER BY id) AS v FROM shop.orders
SELECT LAG(cust, qty, cust) OVER (ORDER BY id) AS v FROM shop.orders
SELECT LAST_VALUE(cust) OVER (ORDER BY id) AS v FROM shop.orders
SELECT LAX_BOOL(JSON '{"a":1}') AS v FROM shop.orders
SELECT LAX_BOOL_ARRAY(JSON '{"a":1}') AS v FROM shop.orders
SELECT LAX_FLOAT64(JSON '{"a":1}') AS v FROM shop.orders
SELECT LAX_FLOAT64_ARRAY(JSON '{"a":1}') AS v FROM shop.orders
SELECT LAX_INT64(JSON '{"a":1}') AS v FROM shop.orders
SELECT LAX_INT64_ARRAY(JSON '{"a":1}') AS v FROM shop.orders
SELECT LAX_STRING(JSON '{"a":1}') AS v FROM shop.orders
SELECT LAX_STRING_ARRAY(JSON '{"a":1}') AS v FROM shop.orders
SELECT LEAD(cust) OVER (ORDER BY id) AS v FROM shop.orders
SELECT LEAD(cust, qty, cust) OVER (ORDER BY id) AS v FROM shop.orders
SELECT LEAST(cust) AS v FROM shop.orders
SELECT LEFT(cust, qty) AS v FROM shop.orders
SELECT LEFT(b'ab', qty) AS v FROM shop.orders
SELECT LENGTH(cust) AS v FROM shop.orders
SELECT LENGTH(b'ab') AS v FROM shop.orders
SELECT LN(price) AS v FROM shop.orders
SELECT LN(amount) AS v FROM shop.orders
SELECT LN(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT LOG(price) AS v FROM shop.orders
SELECT LOG(price, price) AS v FROM shop.orders
SELECT LOG(amount) AS v FROM shop.orders
SELECT LOG(amount, amount) AS v FROM shop.orders
SELECT LOG(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT LOG(CAST(amount AS BIGNUMERIC), CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT LOG10(price) AS v FROM shop.orders
SELECT LOG10(amount) AS v FROM shop.orders
SELECT LOG10(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT LOGICAL_AND(TRUE) AS v FROM shop.orders
SELECT LOGICAL_OR(TRUE) AS v FROM shop.orders
SELECT LOWER(cust) AS v FROM shop.orders
SELECT LOWER(b'ab') AS v FROM shop.orders
SELECT LPAD(cust, qty) AS v FROM shop.orders
SELECT LPAD(cust, qty, cust) AS v FROM shop.orders
SELECT LPAD(b'ab', qty) AS v FROM shop.orders
SELECT LPAD(b'ab', qty, b'ab') AS v FROM shop.orders
SELECT LTRIM(cust) AS v FROM shop.orders
SELECT LTRIM(cust, cust) AS v FROM shop.orders
SELECT LTRIM(b'ab', b'ab') AS v FROM shop.orders
SELECT MAKE_INTERVAL() AS v FROM shop.orders
SELECT MAKE_INTERVAL(qty, qty, qty, qty, qty, qty) AS v FROM shop.orders
SELECT MAX(cust) AS v FROM shop.orders
SELECT MD5(b'ab') AS v FROM shop.orders
SELECT MD5(cust) AS v FROM shop.orders
SELECT MIN(cust) AS v FROM shop.orders
SELECT MOD(qty, qty) AS v FROM shop.orders
SELECT MOD(amount, amount) AS v FROM shop.orders
SELECT MOD(CAST(amount AS BIGNUMERIC), CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT NET.HOST(cust) AS v FROM shop.orders
SELECT NET.IPV4_FROM_INT64(qty) AS v FROM shop.orders
SELECT NET.IPV4_TO_INT64(b'ab') AS v FROM shop.orders
SELECT NET.IP_FROM_STRING(cust) AS v FROM shop.orders
SELECT NET.IP_NET_MASK(qty, qty) AS v FROM shop.orders
SELECT NET.IP_TO_STRING(b'ab') AS v FROM shop.orders
SELECT NET.IP_TRUNC(b'ab', qty) AS v FROM shop.orders
SELECT NET.PUBLIC_SUFFIX(cust) AS v FROM shop.orders
SELECT NET.REG_DOMAIN(cust) AS v FROM shop.orders
SELECT NET.SAFE_IP_FROM_STRING(cust) AS v FROM shop.orders
SELECT NTH_VALUE(cust, qty) OVER (ORDER BY id) AS v FROM shop.orders
SELECT NTILE(qty) OVER (ORDER BY id) AS v FROM shop.orders
SELECT NULLIF(cust, cust) AS v FROM shop.orders
SELECT NULLIFZERO(qty) AS v FROM shop.orders
SELECT NULLIFZERO(price) AS v FROM shop.orders
SELECT NULLIFZERO(amount) AS v FROM shop.orders
SELECT NULLIFZERO(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT PARSE_BIGNUMERIC(cust) AS v FROM shop.orders
SELECT PARSE_DATE(cust, cust) AS v FROM shop.orders
SELECT PARSE_DATETIME(cust, cust) AS v FROM shop.orders
SELECT PARSE_JSON(cust) AS v FROM shop.orders
SELECT PARSE_JSON(cust, cust) AS v FROM shop.orders
SELECT PARSE_NUMERIC(cust) AS v FROM shop.orders
SELECT PARSE_TIME(cust, cust) AS v FROM shop.orders
SELECT PARSE_TIMESTAMP(cust, cust) AS v FROM shop.orders
SELECT PARSE_TIMESTAMP(cust, cust, cust) AS v FROM shop.orders
SELECT PARSE_TIMESTAMP(cust, cust, qty) AS v FROM shop.orders
SELECT PARSE_TIMESTAMP(cust, cust, qty, cust) AS v FROM shop.orders
SELECT PERCENTILE_CONT(price, price) OVER () AS v FROM shop.orders
SELECT PERCENTILE_CONT(amount, amount) OVER () AS v FROM shop.orders
SELECT PERCENTILE_CONT(CAST(amount AS BIGNUMERIC), CAST(amount AS BIGNUMERIC)) OVER () AS v FROM shop.orders
SELECT PERCENTILE_DISC(cust, price) OVER () AS v FROM shop.orders
SELECT PERCENTILE_DISC(cust, amount) OVER () AS v FROM shop.orders
SELECT PERCENTILE_DISC(cust, CAST(amount AS BIGNUMERIC)) OVER () AS v FROM shop.orders
SELECT PERCENT_RANK() OVER (ORDER BY id) AS v FROM shop.orders
SELECT PI() AS v FROM shop.orders
SELECT POW(price, price) AS v FROM shop.orders
SELECT POW(amount, amount) AS v FROM shop.orders
SELECT POW(CAST(amount AS BIGNUMERIC), CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT RAND() AS v FROM shop.orders
SELECT RANGE(cust, cust) AS v FROM shop.orders
SELECT RANGE_BUCKET(cust, tags) AS v FROM shop.orders
SELECT RANGE_CONTAINS(RANGE<DATE> '[2024-01-01, 2024-02-01)', RANGE<DATE> '[2024-01-01, 2024-02-01)') AS v FROM shop.orders
SELECT RANGE_CONTAINS(RANGE<DATE> '[2024-01-01, 2024-02-01)', cust) AS v FROM shop.orders
SELECT RANGE_END(RANGE<DATE> '[2024-01-01, 2024-02-01)') AS v FROM shop.orders
SELECT RANGE_INTERSECT(RANGE<DATE> '[2024-01-01, 2024-02-01)', RANGE<DATE> '[2024-01-01, 2024-02-01)') AS v FROM shop.orders
SELECT RANGE_OVERLAPS(RANGE<DATE> '[2024-01-01, 2024-02-01)', RANGE<DATE> '[2024-01-01, 2024-02-01)') AS v FROM shop.orders
SELECT RANGE_START(RANGE<DATE> '[2024-01-01, 2024-02-01)') AS v FROM shop.orders
SELECT RANK() OVER (ORDER BY id) AS v FROM shop.orders
SELECT REGEXP_CONTAINS(cust, cust) AS v FROM shop.orders
SELECT REGEXP_CONTAINS(b'ab', b'ab') AS v FROM shop.orders
SELECT REGEXP_EXTRACT(cust, cust) AS v FROM shop.orders
SELECT REGEXP_EXTRACT(cust, cust, qty, qty) AS v FROM shop.orders
SELECT REGEXP_EXTRACT(b'ab', b'ab') AS v FROM shop.orders
SELECT REGEXP_EXTRACT(b'ab', b'ab', qty, qty) AS v FROM shop.orders
SELECT REGEXP_EXTRACT_ALL(cust, cust) AS v FROM shop.orders
SELECT REGEXP_EXTRACT_ALL(b'ab', b'ab') AS v FROM shop.orders
SELECT REGEXP_INSTR(cust, cust) AS v FROM shop.orders
SELECT REGEXP_INSTR(cust, cust, qty, qty, qty) AS v FROM shop.orders
SELECT REGEXP_INSTR(b'ab', b'ab') AS v FROM shop.orders
SELECT REGEXP_INSTR(b'ab', b'ab', qty, qty, qty) AS v FROM shop.orders
SELECT REGEXP_REPLACE(cust, cust, cust) AS v FROM shop.orders
SELECT REGEXP_REPLACE(b'ab', b'ab', b'ab') AS v FROM shop.orders
SELECT REPEAT(cust, qty) AS v FROM shop.orders
SELECT REPEAT(b'ab', qty) AS v FROM shop.orders
SELECT REPLACE(cust, cust, cust) AS v FROM shop.orders
SELECT REPLACE(b'ab', b'ab', b'ab') AS v FROM shop.orders
SELECT REVERSE(cust) AS v FROM shop.orders
SELECT REVERSE(b'ab') AS v FROM shop.orders
SELECT RIGHT(cust, qty) AS v FROM shop.orders
SELECT RIGHT(b'ab', qty) AS v FROM shop.orders
SELECT ROUND(price) AS v FROM shop.orders
SELECT ROUND(amount) AS v FROM shop.orders
SELECT ROUND(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT ROUND(price, qty) AS v FROM shop.orders
SELECT ROUND(amount, qty) AS v FROM shop.orders
SELECT ROUND(CAST(amount AS BIGNUMERIC), qty) AS v FROM shop.orders
SELECT ROW_NUMBER() OVER (ORDER BY id) AS v FROM shop.orders
SELECT RPAD(cust, qty) AS v FROM shop.orders
SELECT RPAD(cust, qty, cust) AS v FROM shop.orders
SELECT RPAD(b'ab', qty) AS v FROM shop.orders
SELECT RPAD(b'ab', qty, b'ab') AS v FROM shop.orders
SELECT RTRIM(cust) AS v FROM shop.orders
SELECT RTRIM(cust, cust) AS v FROM shop.orders
SELECT RTRIM(b'ab', b'ab') AS v FROM shop.orders
SELECT SAFE_ADD(qty, qty) AS v FROM shop.orders
SELECT SAFE_ADD(price, price) AS v FROM shop.orders
SELECT SAFE_ADD(amount, amount) AS v FROM shop.orders
SELECT SAFE_ADD(CAST(amount AS BIGNUMERIC), CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT SAFE_CONVERT_BYTES_TO_STRING(b'ab') AS v FROM shop.orders
SELECT SAFE_DIVIDE(price, price) AS v FROM shop.orders
SELECT SAFE_DIVIDE(amount, amount) AS v FROM shop.orders
SELECT SAFE_DIVIDE(CAST(amount AS BIGNUMERIC), CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT SAFE_MULTIPLY(qty, qty) AS v FROM shop.orders
SELECT SAFE_MULTIPLY(price, price) AS v FROM shop.orders
SELECT SAFE_MULTIPLY(amount, amount) AS v FROM shop.orders
SELECT SAFE_MULTIPLY(CAST(amount AS BIGNUMERIC), CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT SAFE_NEGATE(qty) AS v FROM shop.orders
SELECT SAFE_NEGATE(price) AS v FROM shop.orders
SELECT SAFE_NEGATE(amount) AS v FROM shop.orders
SELECT SAFE_NEGATE(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT SAFE_SUBTRACT(qty, qty) AS v FROM shop.orders
SELECT SAFE_SUBTRACT(amount, amount) AS v FROM shop.orders
SELECT SAFE_SUBTRACT(CAST(amount AS BIGNUMERIC), CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT SAFE_SUBTRACT(price, price) AS v FROM shop.orders
SELECT SEC(price) AS v FROM shop.orders
SELECT SECH(price) AS v FROM shop.orders
SELECT SESSION_USER() AS v FROM shop.orders
SELECT SHA1(b'ab') AS v FROM shop.orders
SELECT SHA1(cust) AS v FROM shop.orders
SELECT SHA256(b'ab') AS v FROM shop.orders
SELECT SHA256(cust) AS v FROM shop.orders
SELECT SHA512(b'ab') AS v FROM shop.orders
SELECT SHA512(cust) AS v FROM shop.orders
SELECT SIGN(qty) AS v FROM shop.orders
SELECT SIGN(price) AS v FROM shop.orders
SELECT SIGN(amount) AS v FROM shop.orders
SELECT SIGN(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT SIN(price) AS v FROM shop.orders
SELECT SINH(price) AS v FROM shop.orders
SELECT SOUNDEX(cust) AS v FROM shop.orders
SELECT SPLIT(cust) AS v FROM shop.orders
SELECT SPLIT(cust, cust) AS v FROM shop.orders
SELECT SPLIT(b'ab', b'ab') AS v FROM shop.orders
SELECT SQRT(price) AS v FROM shop.orders
SELECT SQRT(amount) AS v FROM shop.orders
SELECT SQRT(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT STARTS_WITH(cust, cust) AS v FROM shop.orders
SELECT STARTS_WITH(b'ab', b'ab') AS v FROM shop.orders
SELECT STDDEV_POP(amount) AS v FROM shop.orders
SELECT STDDEV_POP(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT STDDEV_POP(price) AS v FROM shop.orders
SELECT STDDEV_SAMP(amount) AS v FROM shop.orders
SELECT STDDEV_SAMP(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT STDDEV_SAMP(price) AS v FROM shop.orders
SELECT STRING(created) AS v FROM shop.orders
SELECT STRING(created, cust) AS v FROM shop.orders
SELECT STRING(d) AS v FROM shop.orders
SELECT STRING(TIME '10:00:00') AS v FROM shop.orders
SELECT STRING(dt) AS v FROM shop.orders
SELECT STRING(JSON '{"a":1}') AS v FROM shop.orders
SELECT STRING_AGG(cust) AS v FROM shop.orders
SELECT STRING_AGG(cust, cust) AS v FROM shop.orders
SELECT STRING_AGG(b'ab') AS v FROM shop.orders
SELECT STRING_AGG(b'ab', b'ab') AS v FROM shop.orders
SELECT STRING_ARRAY(JSON '{"a":1}') AS v FROM shop.orders
SELECT STRPOS(cust, cust) AS v FROM shop.orders
SELECT STRPOS(b'ab', b'ab') AS v FROM shop.orders
SELECT SUBSTR(cust, qty) AS v FROM shop.orders
SELECT SUBSTR(cust, qty, qty) AS v FROM shop.orders
SELECT SUBSTR(b'ab', qty) AS v FROM shop.orders
SELECT SUBSTR(b'ab', qty, qty) AS v FROM shop.orders
SELECT SUM(qty) AS v FROM shop.orders
SELECT SUM(price) AS v FROM shop.orders
SELECT SUM(amount) AS v FROM shop.orders
SELECT SUM(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT SUM(INTERVAL 1 DAY) AS v FROM shop.orders
SELECT TAN(price) AS v FROM shop.orders
SELECT TANH(price) AS v FROM shop.orders
SELECT TIME(qty, qty, qty) AS v FROM shop.orders
SELECT TIME(created) AS v FROM shop.orders
SELECT TIME(created, cust) AS v FROM shop.orders
SELECT TIME(dt) AS v FROM shop.orders
SELECT TIME(TIME '10:00:00') AS v FROM shop.orders
SELECT TIMESTAMP(cust) AS v FROM shop.orders
SELECT TIMESTAMP(cust, cust) AS v FROM shop.orders
SELECT TIMESTAMP(d, cust) AS v FROM shop.orders
SELECT TIMESTAMP(dt) AS v FROM shop.orders
SELECT TIMESTAMP(dt, cust) AS v FROM shop.orders
SELECT TIMESTAMP(created) AS v FROM shop.orders
SELECT TIMESTAMP_MICROS(qty) AS v FROM shop.orders
SELECT TIMESTAMP_MILLIS(qty) AS v FROM shop.orders
SELECT TIMESTAMP_SECONDS(qty) AS v FROM shop.orders
SELECT TO_BASE32(b'ab') AS v FROM shop.orders
SELECT TO_BASE64(b'ab') AS v FROM shop.orders
SELECT TO_CODE_POINTS(cust) AS v FROM shop.orders
SELECT TO_CODE_POINTS(b'ab') AS v FROM shop.orders
SELECT TO_HEX(b'ab') AS v FROM shop.orders
SELECT TO_JSON(cust) AS v FROM shop.orders
SELECT TO_JSON(cust, TRUE) AS v FROM shop.orders
SELECT TO_JSON_STRING(cust) AS v FROM shop.orders
SELECT TO_JSON_STRING(cust, TRUE) AS v FROM shop.orders
SELECT TRANSLATE(cust, cust, cust) AS v FROM shop.orders
SELECT TRANSLATE(b'ab', b'ab', b'ab') AS v FROM shop.orders
SELECT TRIM(cust) AS v FROM shop.orders
SELECT TRIM(cust, cust) AS v FROM shop.orders
SELECT TRIM(b'ab', b'ab') AS v FROM shop.orders
SELECT TRUNC(price) AS v FROM shop.orders
SELECT TRUNC(amount) AS v FROM shop.orders
SELECT TRUNC(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT TRUNC(price, qty) AS v FROM shop.orders
SELECT TRUNC(amount, qty) AS v FROM shop.orders
SELECT TRUNC(CAST(amount AS BIGNUMERIC), qty) AS v FROM shop.orders
SELECT UNICODE(cust) AS v FROM shop.orders
SELECT UNIX_DATE(d) AS v FROM shop.orders
SELECT UNIX_MICROS(created) AS v FROM shop.orders
SELECT UNIX_MILLIS(created) AS v FROM shop.orders
SELECT UNIX_SECONDS(created) AS v FROM shop.orders
SELECT UPPER(cust) AS v FROM shop.orders
SELECT UPPER(b'ab') AS v FROM shop.orders
SELECT VAR_POP(amount) AS v FROM shop.orders
SELECT VAR_POP(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT VAR_POP(price) AS v FROM shop.orders
SELECT VAR_SAMP(amount) AS v FROM shop.orders
SELECT VAR_SAMP(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT VAR_SAMP(price) AS v FROM shop.orders
SELECT ZEROIFNULL(qty) AS v FROM shop.orders
SELECT ZEROIFNULL(price) AS v FROM shop.orders
SELECT ZEROIFNULL(amount) AS v FROM shop.orders
SELECT ZEROIFNULL(CAST(amount AS BIGNUMERIC)) AS v FROM shop.orders
SELECT DATE_BUCKET(d, INTERVAL 7 DAY) AS v FROM shop.orders
SELECT DATETIME_BUCKET(dt, INTERVAL 7 DAY) AS v FROM shop.orders
SELECT TIMESTAMP_BUCKET(created, INTERVAL 7 DAY) AS v FROM shop.orders
SELECT ROUND(amount, 1, 'ROUND_HALF_EVEN') AS v FROM shop.orders
SELECT ROUND(qty, 1, 'ROUND_HALF_EVEN') AS v FROM shop.orders
SELECT ROUND(price, 1, 'ROUND_HALF_EVEN') AS v FROM shop.orders
SELECT ROUND(5, 0, 'ROUND_HALF_EVEN') AS v FROM shop.orders
SELECT ROUND(amount, 1, 'half') AS v FROM shop.orders
SELECT ROUND(amount, 1, 'round_half_even') AS v FROM shop.orders
SELECT ROUND(amount, 1, status) AS v FROM shop.orders
SELECT ROUND(BIGNUMERIC '1', 1, 'ROUND_HALF_AWAY_FROM_ZERO') AS v FROM shop.orders
SELECT GREATEST(STRUCT(1 AS a), STRUCT(2 AS a)) AS v FROM shop.orders
SELECT LEAST(STRUCT(1 AS a)) AS v FROM shop.orders
SELECT GREATEST(PARSE_JSON(payload), PARSE_JSON(note)) AS v FROM shop.orders
SELECT GREATEST(TRUE, FALSE) AS v FROM shop.orders
SELECT GREATEST(b'a', b'b') AS v FROM shop.orders
SELECT * FROM (SELECT status, amount FROM shop.orders) PIVOT (SUM(amount) FOR (SELECT status) IN ('paid', 'open'))
SELECT * FROM (SELECT status, amount FROM shop.orders) AS o PIVOT (SUM(amount) FOR (SELECT o.status) IN ('paid', 'open'))
SELECT * FROM (SELECT status, amount FROM shop.orders) PIVOT (SUM(amount) FOR (WITH w AS (SELECT 1 AS x) SELECT status FROM w) IN ('paid', 'open'))
SELECT * FROM (SELECT status, amount FROM shop.orders) PIVOT (SUM(amount) FOR (SELECT status, 1) IN ('paid', 'open'))
SELECT * FROM (SELECT status, amount FROM shop.orders) PIVOT (SUM(amount) FOR (SELECT amount) IN ('paid', 'open'))
SELECT SUM(amount) AS v FROM shop.orders FOR SYSTEM_TIME AS OF (SELECT CURRENT_TIMESTAMP())
