# Grouping
SELECT qty + 1 AS x FROM shop.orders GROUP BY qty + 1
SELECT qty + 2 AS x FROM shop.orders GROUP BY qty + 1
SELECT qty FROM shop.orders GROUP BY qty + 1
SELECT (qty + 1) * 2 AS x FROM shop.orders GROUP BY qty + 1
SELECT qty * 2 AS x FROM shop.orders GROUP BY qty
SELECT UPPER(cust) AS u, COUNT(*) AS n FROM shop.orders GROUP BY UPPER(cust)
SELECT LOWER(cust) AS u, COUNT(*) AS n FROM shop.orders GROUP BY UPPER(cust)
SELECT UPPER(cust) AS u, COUNT(*) AS n FROM shop.orders GROUP BY u
SELECT UPPER(cust) AS u, cust FROM shop.orders GROUP BY u
SELECT DATE_TRUNC(d, MONTH) AS m, SUM(qty) AS s FROM shop.orders GROUP BY m
SELECT DATE_TRUNC(d, MONTH) AS m, SUM(qty) AS s FROM shop.orders GROUP BY DATE_TRUNC(d, YEAR)
SELECT DATE_TRUNC(d, MONTH) AS m, SUM(qty) AS s FROM shop.orders GROUP BY d
SELECT CASE WHEN qty > 1 THEN 'a' ELSE 'b' END AS c, COUNT(*) AS n FROM shop.orders GROUP BY 1
SELECT CASE WHEN qty > 1 THEN 'a' ELSE 'b' END AS c, COUNT(*) AS n FROM shop.orders GROUP BY CASE WHEN qty > 2 THEN 'a' ELSE 'b' END
SELECT status, cust, SUM(qty) AS s FROM shop.orders GROUP BY status
SELECT status, SUM(qty) + price AS s FROM shop.orders GROUP BY status
SELECT status, SUM(qty) / COUNT(*) AS s FROM shop.orders GROUP BY 1
SELECT o.status, SUM(o.qty) AS s FROM shop.orders AS o GROUP BY status
SELECT status, SUM(qty) AS s FROM shop.orders AS o GROUP BY o.status
SELECT status, SUM(qty) AS s FROM shop.orders AS o GROUP BY o.cust
SELECT * FROM shop.orders GROUP BY id
SELECT COUNT(*) AS n, * FROM shop.customers
SELECT status, (SELECT MAX(name) FROM shop.customers AS c WHERE c.cust = o.cust) AS m FROM shop.orders AS o GROUP BY status
SELECT status, (SELECT MAX(name) FROM shop.customers AS c WHERE c.status = o.status) AS m FROM shop.orders AS o GROUP BY status
SELECT status, EXISTS(SELECT 1 FROM shop.customers AS c WHERE c.cust = o.cust) AS m FROM shop.orders AS o GROUP BY status
SELECT status, ARRAY(SELECT name FROM shop.customers AS c WHERE c.cust = o.cust) AS m FROM shop.orders AS o GROUP BY status
SELECT status, qty IN (SELECT level FROM shop.customers) AS m FROM shop.orders GROUP BY status
SELECT SUM(qty) AS s FROM shop.orders GROUP BY s
SELECT SUM(qty) AS s FROM shop.orders GROUP BY 1
SELECT SUM(qty) AS s FROM shop.orders GROUP BY SUM(qty)
SELECT status FROM shop.orders GROUP BY 0
SELECT status FROM shop.orders GROUP BY -1
SELECT status FROM shop.orders GROUP BY 1.5
SELECT status FROM shop.orders GROUP BY 'a'
SELECT status FROM shop.orders GROUP BY TRUE
SELECT status FROM shop.orders GROUP BY NULL
SELECT COUNT(*) AS n FROM shop.orders GROUP BY 1 + 1
SELECT status FROM shop.orders GROUP BY status, status
SELECT ROW_NUMBER() OVER (ORDER BY id) AS r FROM shop.orders GROUP BY r
SELECT tags FROM shop.orders GROUP BY tags
SELECT STRUCT(cust AS a) AS s FROM shop.orders GROUP BY s
SELECT address.city FROM shop.customers GROUP BY address.city
SELECT address.city FROM shop.customers GROUP BY address
SELECT address FROM shop.customers GROUP BY address.city
SELECT address.zip FROM shop.customers GROUP BY address.city
SELECT status FROM shop.orders GROUP BY (SELECT 1)
SELECT status, cust FROM shop.orders GROUP BY ROLLUP(status, cust)
SELECT status, cust, qty FROM shop.orders GROUP BY ROLLUP(status, cust)
SELECT status, cust FROM shop.orders GROUP BY GROUPING SETS (status, cust)
SELECT status, qty FROM shop.orders GROUP BY GROUPING SETS (status, cust)
SELECT status, SUM(qty) AS s, price FROM shop.orders GROUP BY ALL
SELECT ANY_VALUE(cust), status FROM shop.orders
SELECT MAX(qty) AS m FROM shop.orders WHERE status = 'a' GROUP BY cust HAVING MAX(qty) > 1 ORDER BY cust
SELECT MAX(qty) AS m FROM shop.orders GROUP BY cust ORDER BY qty
SELECT cust FROM shop.orders GROUP BY cust ORDER BY MAX(qty)
SELECT cust FROM shop.orders GROUP BY cust ORDER BY SUM(qty) DESC, 1
SELECT cust FROM shop.orders ORDER BY MAX(qty)
SELECT cust FROM shop.orders ORDER BY ROW_NUMBER() OVER (ORDER BY qty)
SELECT cust AS c FROM shop.orders GROUP BY c ORDER BY c, UPPER(c)
SELECT cust AS c FROM shop.orders GROUP BY c ORDER BY UPPER(cust)
SELECT COUNT(*) AS n FROM shop.orders ORDER BY id
# Where aggregates and windows stand
SELECT id FROM shop.orders WHERE SUM(qty) > 1
SELECT id FROM shop.orders WHERE COUNT(*) OVER () > 1
SELECT id FROM shop.orders WHERE id IN (SELECT MAX(id) FROM shop.orders)
SELECT id FROM shop.orders AS o WHERE EXISTS(SELECT 1 FROM shop.customers HAVING COUNT(*) > o.qty)
SELECT id FROM shop.orders AS o WHERE qty = (SELECT MAX(o.qty) FROM shop.customers)
SELECT cust FROM shop.orders AS o GROUP BY cust HAVING (SELECT MAX(SUM(o.qty)) FROM shop.customers) > 1
SELECT o.id FROM shop.orders AS o JOIN shop.customers AS c ON MAX(o.id) = c.level
SELECT o.id FROM shop.orders AS o JOIN shop.customers AS c ON ROW_NUMBER() OVER () = c.level
SELECT o.id FROM shop.orders AS o JOIN shop.customers AS c ON o.id = (SELECT MAX(level) FROM shop.customers)
SELECT id FROM shop.orders LIMIT COUNT(*)
SELECT id FROM shop.orders LIMIT (SELECT 1)
SELECT id FROM shop.orders LIMIT 1 + 1
SELECT id FROM shop.orders LIMIT NULL
SELECT id FROM shop.orders LIMIT '1'
SELECT id FROM shop.orders LIMIT 1.5
SELECT id FROM shop.orders LIMIT CAST(1 AS INT64)
SELECT id FROM shop.orders LIMIT CAST('1' AS INT64)
SELECT id FROM shop.orders LIMIT 9223372036854775808
SELECT id FROM shop.orders LIMIT 1 OFFSET -1
SELECT id FROM shop.orders LIMIT 1 OFFSET 'a'
SELECT id FROM shop.orders LIMIT 1 OFFSET qty
SELECT id FROM shop.orders LIMIT 0 OFFSET 0
SELECT id FROM shop.orders UNION ALL SELECT level FROM shop.customers LIMIT -1
SELECT SUM(MAX(qty)) AS s FROM shop.orders
SELECT SUM(qty + MAX(qty)) AS s FROM shop.orders
SELECT MAX(ROW_NUMBER() OVER (ORDER BY id)) AS s FROM shop.orders
SELECT SUM((SELECT MAX(level) FROM shop.customers)) AS s FROM shop.orders
SELECT SUM(COUNT(*)) OVER () AS s FROM shop.orders
SELECT status, SUM(COUNT(*)) OVER (ORDER BY status) AS s FROM shop.orders GROUP BY status
SELECT status, SUM(qty) OVER (ORDER BY status) AS s FROM shop.orders GROUP BY status
SELECT status, RANK() OVER (ORDER BY SUM(qty) DESC) AS r FROM shop.orders GROUP BY status
SELECT status, RANK() OVER (ORDER BY qty DESC) AS r FROM shop.orders GROUP BY status
SELECT status, RANK() OVER (PARTITION BY cust ORDER BY status) AS r FROM shop.orders GROUP BY status
SELECT status, RANK() OVER w AS r FROM shop.orders GROUP BY status WINDOW w AS (ORDER BY qty)
SELECT status, RANK() OVER w AS r FROM shop.orders GROUP BY status WINDOW w AS (ORDER BY SUM(qty))
SELECT SUM(qty) OVER (ORDER BY ROW_NUMBER() OVER (ORDER BY id)) AS s FROM shop.orders
SELECT SUM(ROW_NUMBER() OVER (ORDER BY id)) OVER () AS s FROM shop.orders
SELECT LAG(ROW_NUMBER() OVER (ORDER BY id)) OVER (ORDER BY id) AS s FROM shop.orders
SELECT ARRAY_AGG(cust ORDER BY MAX(qty)) AS s FROM shop.orders
SELECT ARRAY_AGG(cust ORDER BY ROW_NUMBER() OVER ()) AS s FROM shop.orders
SELECT ANY_VALUE(cust HAVING MAX SUM(qty)) AS s FROM shop.orders
SELECT ARRAY_AGG(cust LIMIT qty) AS s FROM shop.orders
SELECT ARRAY_AGG(cust LIMIT -1) AS s FROM shop.orders
SELECT ARRAY_AGG(cust LIMIT 1 + 1) AS s FROM shop.orders
SELECT STRING_AGG(cust, note) AS s FROM shop.orders
SELECT STRING_AGG(cust, CONCAT('a', 'b')) AS s FROM shop.orders
SELECT * FROM UNNEST([SUM(1)])
SELECT t FROM shop.orders AS o, UNNEST([MAX(o.qty)]) AS t
SELECT id FROM shop.orders GROUP BY id HAVING ROW_NUMBER() OVER () = 1
SELECT SUM(qty) AS s FROM shop.orders HAVING s > 1
SELECT SUM(qty) AS s FROM shop.orders HAVING id > 1
SELECT id FROM shop.orders HAVING id > 1
SELECT 1 AS a FROM shop.orders HAVING TRUE
SELECT 1 AS a FROM shop.orders HAVING COUNT(*) > 1
SELECT 1 AS a FROM shop.orders HAVING 1
SELECT id FROM shop.orders QUALIFY qty > 1
SELECT id, RANK() OVER (ORDER BY qty) AS r FROM shop.orders QUALIFY r = 1
SELECT id, RANK() OVER (ORDER BY qty) AS r FROM shop.orders WHERE r = 1
SELECT id, RANK() OVER (ORDER BY qty) AS r FROM shop.orders WHERE TRUE QUALIFY qty = 1
SELECT status, SUM(qty) AS s FROM shop.orders GROUP BY status QUALIFY RANK() OVER (ORDER BY s) = 1
SELECT status, SUM(qty) AS s FROM shop.orders GROUP BY status QUALIFY RANK() OVER (ORDER BY SUM(qty)) = 1
SELECT status FROM shop.orders GROUP BY status QUALIFY RANK() OVER (ORDER BY qty) = 1
SELECT DISTINCT status, RANK() OVER (ORDER BY qty) AS r FROM shop.orders
SELECT DISTINCT status FROM shop.orders ORDER BY qty
SELECT DISTINCT status FROM shop.orders ORDER BY UPPER(status)
SELECT DISTINCT UPPER(status) AS u FROM shop.orders ORDER BY UPPER(status)
SELECT DISTINCT status, COUNT(*) AS n FROM shop.orders GROUP BY status, cust ORDER BY n
SELECT DISTINCT status FROM shop.orders GROUP BY status ORDER BY COUNT(*)
SELECT DISTINCT SUM(qty) AS s FROM shop.orders
# Windows
SELECT LAG(qty) OVER () AS v FROM shop.orders
SELECT RANK() OVER (PARTITION BY cust) AS v FROM shop.orders
SELECT ROW_NUMBER() OVER () AS v FROM shop.orders
SELECT NTILE(2) OVER () AS v FROM shop.orders
SELECT FIRST_VALUE(qty) OVER () AS v FROM shop.orders
SELECT FIRST_VALUE(qty) OVER (PARTITION BY cust) AS v FROM shop.orders
SELECT LAST_VALUE(qty) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS v FROM shop.orders
SELECT NTH_VALUE(qty, 2) OVER () AS v FROM shop.orders
SELECT CUME_DIST() OVER () AS v FROM shop.orders
SELECT RANK() OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT ROW_NUMBER() OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT LAG(qty) OVER (ORDER BY id ROWS 1 PRECEDING) AS v FROM shop.orders
SELECT SUM(qty) OVER w AS v FROM shop.orders WINDOW w AS (PARTITION BY cust), w AS (ORDER BY id)
SELECT SUM(qty) OVER w AS v FROM shop.orders WINDOW x AS (PARTITION BY cust)
SELECT SUM(qty) OVER (w PARTITION BY id) AS v FROM shop.orders WINDOW w AS (ORDER BY cust)
SELECT SUM(qty) OVER (w ORDER BY id) AS v FROM shop.orders WINDOW w AS (PARTITION BY cust)
SELECT SUM(qty) OVER (w ORDER BY id) AS v FROM shop.orders WINDOW w AS (ORDER BY cust)
SELECT SUM(qty) OVER (w ORDER BY id) AS v FROM shop.orders WINDOW w AS (ROWS UNBOUNDED PRECEDING)
SELECT SUM(qty) OVER (w ROWS UNBOUNDED PRECEDING) AS v FROM shop.orders WINDOW w AS (ORDER BY cust)
SELECT SUM(qty) OVER v AS v FROM shop.orders WINDOW w AS (PARTITION BY cust), v AS (w ORDER BY id)
SELECT SUM(qty) OVER v AS v FROM shop.orders WINDOW v AS (w ORDER BY id), w AS (PARTITION BY cust)
SELECT SUM(qty) OVER (PARTITION BY 1) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY 1) AS v FROM shop.orders
SELECT SUM(qty) OVER (PARTITION BY 'a' ORDER BY NULL) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY tags) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY address) AS v FROM shop.orders JOIN shop.customers USING (cust)
SELECT SUM(qty) OVER (ORDER BY d RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY qty RANGE BETWEEN 1.5 PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY qty RANGE BETWEEN -1 PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY qty ROWS BETWEEN 1.5 PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY qty ROWS BETWEEN -1 PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY qty ROWS BETWEEN NULL PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY qty ROWS BETWEEN '1' PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY qty ROWS 1 FOLLOWING) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY qty ROWS UNBOUNDED FOLLOWING) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY qty ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY qty ROWS BETWEEN 2 FOLLOWING AND 1 FOLLOWING) AS v FROM shop.orders
# ORDER BY
SELECT id, qty FROM shop.orders ORDER BY 2, 1
SELECT id, qty FROM shop.orders ORDER BY 3
SELECT id, qty FROM shop.orders ORDER BY 0
SELECT id, qty FROM shop.orders ORDER BY -1
SELECT id, qty FROM shop.orders ORDER BY 1.5
SELECT id, qty FROM shop.orders ORDER BY 'a'
SELECT id, qty FROM shop.orders ORDER BY NULL
SELECT id, qty FROM shop.orders ORDER BY TRUE
SELECT id, qty FROM shop.orders ORDER BY 1 + 1
SELECT id, qty FROM shop.orders ORDER BY cust
SELECT id, qty FROM shop.orders ORDER BY nope
SELECT id, qty FROM shop.orders ORDER BY tags
SELECT id AS a, qty AS a FROM shop.orders ORDER BY a
SELECT id AS a, id AS a FROM shop.orders ORDER BY a
SELECT id AS qty FROM shop.orders ORDER BY qty
SELECT id AS qty FROM shop.orders ORDER BY orders.qty
SELECT id AS qty FROM shop.orders ORDER BY qty + 1
SELECT qty + 1 AS a FROM shop.orders ORDER BY a + 1
SELECT * FROM shop.orders ORDER BY 12
SELECT * FROM shop.orders ORDER BY 13
SELECT id FROM shop.orders ORDER BY (SELECT MAX(level) FROM shop.customers)
SELECT id FROM shop.orders UNION ALL SELECT level FROM shop.customers ORDER BY id
SELECT id FROM shop.orders UNION ALL SELECT level FROM shop.customers ORDER BY level
SELECT id FROM shop.orders UNION ALL SELECT level FROM shop.customers ORDER BY 2
SELECT id FROM shop.orders UNION ALL SELECT level FROM shop.customers ORDER BY orders.id
SELECT id FROM shop.orders ORDER BY id UNION ALL SELECT level FROM shop.customers
SELECT id FROM shop.orders LIMIT 1 UNION ALL SELECT level FROM shop.customers
(SELECT id FROM shop.orders ORDER BY id LIMIT 1) UNION ALL SELECT level FROM shop.customers
SELECT 1 AS a ORDER BY a
SELECT 1 AS a ORDER BY 2
SELECT 1 AS a LIMIT 1
# Joins
SELECT id FROM shop.orders JOIN shop.customers USING (cust)
SELECT cust, name FROM shop.orders JOIN shop.customers USING (cust)
SELECT status FROM shop.orders JOIN shop.customers USING (cust)
SELECT cust FROM shop.orders AS o JOIN shop.customers AS c ON o.cust = c.cust
SELECT o.cust, c.cust FROM shop.orders AS o JOIN shop.customers AS c USING (cust)
SELECT * FROM shop.orders AS o JOIN shop.customers AS c ON o.cust = c.cust
SELECT COUNT(*) AS n FROM (SELECT * FROM shop.orders AS o JOIN shop.customers AS c ON o.cust = c.cust)
SELECT cust FROM (SELECT * FROM shop.orders AS o JOIN shop.customers AS c ON o.cust = c.cust)
SELECT id FROM (SELECT * FROM shop.orders AS o JOIN shop.customers AS c ON o.cust = c.cust)
SELECT id FROM shop.orders JOIN shop.customers USING (nope)
SELECT id FROM shop.orders JOIN shop.customers USING (name)
SELECT id FROM shop.orders JOIN shop.customers USING (qty)
SELECT id FROM shop.orders JOIN shop.customers USING (cust, cust)
SELECT id FROM shop.orders JOIN shop.customers USING ()
SELECT id FROM shop.orders JOIN shop.customers USING (cust, status)
SELECT id FROM shop.orders AS a JOIN shop.customers AS b USING (cust) JOIN shop.customers AS c USING (cust)
SELECT a.id FROM shop.orders AS a JOIN shop.customers AS b ON a.cust = b.cust JOIN shop.customers AS c USING (cust)
SELECT a.id FROM shop.orders AS a CROSS JOIN shop.customers AS b JOIN shop.customers AS c USING (name)
SELECT a.id FROM shop.orders AS a CROSS JOIN shop.customers AS b JOIN shop.customers AS c USING (status)
SELECT a.tags FROM shop.orders AS a JOIN shop.orders AS b USING (tags)
SELECT a.id FROM shop.orders AS a JOIN (SELECT 'a' AS id) AS b USING (id)
SELECT id FROM shop.orders AS a JOIN (SELECT 1.5 AS id) AS b USING (id)
SELECT o.id FROM shop.orders AS o JOIN shop.orders AS o ON TRUE
SELECT 1 AS a FROM shop.orders, shop.orders
SELECT 1 AS a FROM shop.orders, (SELECT 1 AS b) AS orders
SELECT 1 AS a FROM shop.orders AS o, UNNEST([1]) AS o
SELECT 1 AS a FROM shop.orders AS o, UNNEST(o.tags) AS tags
SELECT tags FROM shop.orders AS o, UNNEST(o.tags) AS tags
SELECT o.id FROM shop.orders AS o JOIN shop.customers AS c ON o.cust = c.nope
SELECT o.id FROM shop.orders AS o JOIN shop.customers AS c ON o.qty
SELECT o.id FROM shop.orders AS o JOIN shop.customers AS c ON cust = cust
SELECT o.id FROM shop.orders AS o JOIN shop.customers AS c ON o.id = d.id JOIN shop.orders AS d ON TRUE
SELECT o.id FROM shop.orders AS o, shop.customers AS c WHERE o.cust = c.cust AND status = 'a'
SELECT o.id FROM shop.orders AS o, (SELECT o.qty) AS c
SELECT o.id FROM shop.orders AS o JOIN (SELECT c.level FROM shop.customers AS c WHERE c.cust = o.cust) AS x ON TRUE
SELECT o.id FROM shop.orders AS o LEFT JOIN UNNEST(o.tags) AS t ON t = o.cust
SELECT o.id FROM shop.orders AS o RIGHT JOIN UNNEST(o.tags) AS t ON TRUE
SELECT o.id FROM shop.orders AS o FULL JOIN UNNEST(o.tags) AS t ON TRUE
SELECT o.id FROM shop.orders AS o INNER JOIN UNNEST(o.tags) AS t
SELECT o.id FROM shop.orders AS o RIGHT JOIN shop.customers AS c USING (cust)
SELECT cust FROM shop.orders AS o FULL JOIN shop.customers AS c USING (cust)
SELECT o.id FROM shop.orders AS o RIGHT JOIN shop.customers AS c
SELECT o.id FROM shop.orders AS o FULL JOIN shop.customers AS c
SELECT o.id FROM shop.orders AS o LEFT SEMI JOIN shop.customers AS c USING (cust)
SELECT o.id FROM shop.orders AS o LEFT ANTI JOIN shop.customers AS c USING (cust)
SELECT o.id FROM shop.orders AS o ASOF JOIN shop.customers AS c ON o.cust = c.cust
SELECT id FROM (shop.orders JOIN shop.customers USING (cust))
SELECT id FROM (shop.orders)
SELECT id FROM (shop.orders AS o JOIN shop.customers AS c USING (cust)) AS x
SELECT o.* FROM shop.orders AS o JOIN shop.customers AS c USING (cust)
SELECT x.* FROM shop.orders AS o
SELECT shop.orders.id FROM shop.orders
SELECT orders.id FROM shop.orders
SELECT orders FROM shop.orders
SELECT o FROM shop.orders AS o
SELECT o.address.city FROM shop.customers AS o
SELECT o.address.nope FROM shop.customers AS o
SELECT o.address.* FROM shop.customers AS o
SELECT o.name.* FROM shop.customers AS o
SELECT shop FROM shop.orders
# Sets of rows
SELECT id FROM shop.orders UNION ALL SELECT level FROM shop.customers
SELECT id FROM shop.orders UNION ALL SELECT name FROM shop.customers
SELECT id, cust FROM shop.orders UNION ALL SELECT level FROM shop.customers
SELECT id FROM shop.orders UNION DISTINCT SELECT 1.5
SELECT id FROM shop.orders UNION ALL SELECT NULL
SELECT id FROM shop.orders UNION ALL SELECT '1'
SELECT d FROM shop.orders UNION ALL SELECT '2024-01-01'
SELECT d FROM shop.orders UNION ALL SELECT created FROM shop.orders
SELECT amount FROM shop.orders UNION ALL SELECT price FROM shop.orders
SELECT amount FROM shop.orders EXCEPT DISTINCT SELECT qty FROM shop.orders
SELECT tags FROM shop.orders UNION DISTINCT SELECT tags FROM shop.orders
SELECT tags FROM shop.orders UNION ALL SELECT tags FROM shop.orders
SELECT tags FROM shop.orders UNION ALL SELECT [1]
SELECT tags FROM shop.orders UNION ALL SELECT []
SELECT address FROM shop.customers UNION ALL SELECT STRUCT('a', 1)
SELECT address FROM shop.customers UNION DISTINCT SELECT address FROM shop.customers
SELECT JSON '1' AS j UNION DISTINCT SELECT JSON '2'
SELECT JSON '1' AS j UNION ALL SELECT JSON '2'
SELECT JSON '1' AS j INTERSECT DISTINCT SELECT JSON '2'
SELECT id FROM shop.orders UNION ALL SELECT level FROM shop.customers EXCEPT DISTINCT SELECT 1
(SELECT id FROM shop.orders UNION ALL SELECT level FROM shop.customers) EXCEPT DISTINCT SELECT 1
SELECT * FROM shop.orders UNION ALL SELECT * FROM shop.customers
SELECT * FROM shop.customers UNION ALL SELECT * FROM shop.customers
SELECT 1 AS a UNION ALL SELECT 2 AS b UNION ALL SELECT 3 AS c ORDER BY a
SELECT 1 AS a UNION ALL SELECT 2 AS b UNION ALL SELECT 3 AS c ORDER BY b
SELECT a FROM (SELECT 1 AS a UNION ALL SELECT 2 AS b)
SELECT b FROM (SELECT 1 AS a UNION ALL SELECT 2 AS b)
SELECT id, id FROM shop.orders UNION ALL SELECT 1, 2
SELECT DISTINCT address FROM shop.customers
SELECT DISTINCT * FROM shop.orders
SELECT DISTINCT * FROM shop.customers
SELECT COUNT(DISTINCT tags) AS n FROM shop.orders
SELECT COUNT(DISTINCT address) AS n FROM shop.customers
SELECT COUNT(DISTINCT *) AS n FROM shop.customers
SELECT ARRAY_AGG(DISTINCT address) AS n FROM shop.customers
# Subqueries
SELECT (SELECT id FROM shop.orders) AS v
SELECT (SELECT * FROM shop.orders) AS v
SELECT (SELECT id, qty FROM shop.orders LIMIT 1) AS v
SELECT (SELECT AS STRUCT id, qty FROM shop.orders LIMIT 1) AS v
SELECT (SELECT AS STRUCT id, qty FROM shop.orders LIMIT 1).id AS v
SELECT (SELECT AS STRUCT id, qty FROM shop.orders LIMIT 1).nope AS v
SELECT ARRAY(SELECT id, qty FROM shop.orders) AS v
SELECT ARRAY(SELECT tags FROM shop.orders) AS v
SELECT ARRAY(SELECT id FROM shop.orders ORDER BY qty) AS v
SELECT EXISTS(SELECT * FROM shop.orders) AS v
SELECT id FROM shop.orders WHERE id IN (SELECT id, qty FROM shop.orders)
SELECT id FROM shop.orders WHERE id IN (SELECT cust FROM shop.orders)
SELECT id FROM shop.orders WHERE (id, qty) IN (SELECT (id, qty) FROM shop.orders)
SELECT id FROM shop.orders WHERE (id, qty) IN (SELECT id, qty FROM shop.orders)
SELECT id FROM shop.orders WHERE (id, qty) = (1, 2)
SELECT id FROM shop.orders WHERE (id, qty) = (1, 2, 3)
SELECT id FROM shop.orders WHERE (id, qty) < (1, 2)
SELECT id FROM shop.orders WHERE id IN UNNEST(tags)
SELECT id FROM shop.orders WHERE cust IN UNNEST(tags)
SELECT id FROM shop.orders WHERE cust IN UNNEST(cust)
SELECT id FROM shop.orders WHERE cust IN tags
SELECT id FROM shop.orders WHERE id = ANY(SELECT level FROM shop.customers)
SELECT id FROM shop.orders WHERE id IN ()
SELECT id FROM shop.orders WHERE tags IN (tags)
SELECT id FROM shop.orders WHERE tags = tags
SELECT id FROM shop.orders WHERE (SELECT TRUE)
SELECT id FROM shop.orders WHERE (SELECT 1)
SELECT id FROM shop.orders WHERE qty
SELECT id FROM shop.orders WHERE NULL
SELECT id FROM shop.orders WHERE 'true'
SELECT id FROM shop.orders WHERE (SELECT o.id FROM shop.customers AS c) = 1
SELECT (SELECT o.id) AS v FROM shop.orders AS o
SELECT (SELECT nope) AS v FROM shop.orders AS o
SELECT (SELECT x FROM UNNEST(tags) AS x WHERE x = cust LIMIT 1) AS v FROM shop.orders
SELECT x.v FROM (SELECT id AS v FROM shop.orders) AS x WHERE v > 1
SELECT id FROM (SELECT id AS v FROM shop.orders) AS x
SELECT x FROM (SELECT id AS v FROM shop.orders) AS x
SELECT f0_ FROM (SELECT id + 1 FROM shop.orders)
SELECT * FROM (SELECT id + 1 FROM shop.orders)
SELECT * FROM (SELECT id + 1, qty + 1 FROM shop.orders)
SELECT * FROM (SELECT 1 AS a, 2 AS a)
SELECT a FROM (SELECT 1 AS a, 2 AS a)
# Wildcards
SELECT * EXCEPT (nope) FROM shop.customers
SELECT * EXCEPT (name, name) FROM shop.customers
SELECT * EXCEPT () FROM shop.customers
SELECT * EXCEPT (cust, name, status, level, address) FROM shop.customers
SELECT * REPLACE (1 AS nope) FROM shop.customers
SELECT * REPLACE (1 AS name, 2 AS name) FROM shop.customers
SELECT * REPLACE (1 AS name) FROM shop.customers
SELECT * EXCEPT (name) REPLACE (1 AS name) FROM shop.customers
SELECT * EXCEPT (name) REPLACE (UPPER(name) AS cust) FROM shop.customers
SELECT * REPLACE (SUM(level) AS level) FROM shop.customers
SELECT * REPLACE (level + 1 AS level) FROM shop.customers ORDER BY level
SELECT c.* EXCEPT (name) FROM shop.customers AS c
SELECT c.* EXCEPT (nope) FROM shop.customers AS c
SELECT *, * FROM shop.customers
SELECT * AS x FROM shop.customers
SELECT *
SELECT * EXCEPT (cust) FROM shop.orders JOIN shop.customers USING (cust)
SELECT * EXCEPT (status) FROM shop.orders AS o JOIN shop.customers AS c ON o.cust = c.cust
SELECT * RENAME (name AS n) FROM shop.customers
SELECT * EXCLUDE (name) FROM shop.customers
SELECT COUNT(* EXCEPT (name)) AS n FROM shop.customers
# WITH
WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS y FROM a) SELECT y FROM b
WITH b AS (SELECT x + 1 AS y FROM a), a AS (SELECT 1 AS x) SELECT y FROM b
WITH a AS (SELECT x FROM a) SELECT * FROM a
WITH a AS (SELECT 1 AS x), a AS (SELECT 2 AS x) SELECT * FROM a
WITH a AS (SELECT 1 AS x), A AS (SELECT 2 AS x) SELECT * FROM a
WITH a AS (SELECT 1 AS x) SELECT * FROM b
WITH a AS (SELECT 1 AS x) SELECT y FROM a
WITH a AS (SELECT 1 AS x) SELECT a.x FROM A
WITH a AS (SELECT 1 AS x) SELECT 2 AS y
WITH a AS (SELECT nope FROM shop.orders) SELECT 2 AS y
WITH a(x) AS (SELECT 1) SELECT x FROM a
WITH a AS (SELECT 1 AS x, 2 AS x) SELECT * FROM a
WITH a AS (SELECT 1 AS x, 2 AS x) SELECT x FROM a
WITH a AS (SELECT 1) SELECT * FROM a
WITH a AS (WITH b AS (SELECT 1 AS x) SELECT x FROM b) SELECT * FROM a
WITH a AS (WITH b AS (SELECT 1 AS x) SELECT x FROM b) SELECT * FROM b
WITH orders AS (SELECT 1 AS x) SELECT x FROM orders
WITH orders AS (SELECT 1 AS x) SELECT x FROM shop.orders
SELECT (WITH a AS (SELECT 1 AS x) SELECT x FROM a) AS v
SELECT id, (WITH a AS (SELECT o.qty AS x) SELECT x FROM a) AS v FROM shop.orders AS o
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM a WHERE x < 5) SELECT x FROM a
WITH RECURSIVE a AS (SELECT x + 1 FROM a UNION ALL SELECT 1 AS x) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT 'a' FROM a) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x + 0.5 FROM a) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x, x FROM a) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT MAX(x) FROM a) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT 1 FROM a AS p, a AS q) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT 1 FROM shop.orders LEFT JOIN a ON TRUE) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT (SELECT MAX(x) FROM a)) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x FROM a LIMIT 1) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT DISTINCT x FROM a) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x EXCEPT DISTINCT SELECT x FROM a) SELECT x FROM a
WITH RECURSIVE a AS (SELECT x FROM a) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x), b AS (SELECT x FROM a) SELECT x FROM b
WITH RECURSIVE a AS (SELECT y AS x FROM b), b AS (SELECT 1 AS y) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT y FROM b), b AS (SELECT x AS y FROM a) SELECT x FROM a
# UNNEST
SELECT * FROM UNNEST(1)
SELECT * FROM UNNEST('a')
SELECT * FROM UNNEST(NULL)
SELECT * FROM UNNEST([])
SELECT x FROM UNNEST([1, 2]) AS x
SELECT x FROM UNNEST([1, 'a']) AS x
SELECT x.a FROM UNNEST([1, 2]) AS x
SELECT a FROM UNNEST([STRUCT(1 AS a)])
SELECT a FROM UNNEST([STRUCT(1 AS a)]) AS x
SELECT b FROM UNNEST([STRUCT(1 AS a)]) AS x
SELECT x FROM UNNEST([STRUCT(1 AS a)]) AS x
SELECT x, o FROM UNNEST([1, 2]) AS x WITH OFFSET AS o
SELECT x, offset FROM UNNEST([1, 2]) AS x WITH OFFSET
SELECT x, x FROM UNNEST([1, 2]) AS x WITH OFFSET AS x
SELECT x FROM shop.orders, UNNEST(qty) AS x
SELECT x FROM shop.orders, UNNEST(nope) AS x
SELECT x FROM UNNEST(o.tags) AS x, shop.orders AS o
SELECT x FROM UNNEST(tags) AS x
SELECT id FROM shop.orders AS o, o.tags
SELECT tags FROM shop.orders AS o, o.tags
SELECT id FROM shop.orders AS o, o.cust
SELECT id FROM shop.orders AS o, o.nope
SELECT x FROM (SELECT tags FROM shop.orders) AS o, o.tags AS x
SELECT x FROM UNNEST([1, 2]) AS x (y)
SELECT cust, x FROM shop.orders, UNNEST(SPLIT(cust, '')) AS x GROUP BY cust
SELECT cust, COUNT(x) AS n FROM shop.orders, UNNEST(SPLIT(cust, '')) AS x GROUP BY cust
SELECT UNNEST(tags) AS x FROM shop.orders
# Pipes
FROM shop.orders |> AGGREGATE SUM(qty) AS s GROUP BY status |> WHERE qty > 1
FROM shop.orders |> AGGREGATE qty GROUP BY status
FROM shop.orders |> AGGREGATE SUM(qty) + 1 AS s GROUP BY status
FROM shop.orders |> AGGREGATE SUM(SUM(qty)) AS s
FROM shop.orders |> WHERE SUM(qty) > 1
FROM shop.orders |> WHERE ROW_NUMBER() OVER () > 1
FROM shop.orders |> SELECT SUM(qty) AS s
FROM shop.orders |> EXTEND SUM(qty) AS s
FROM shop.orders |> SET nope = 1
FROM shop.orders |> SET qty = SUM(qty)
FROM shop.orders |> SET qty = 1, qty = 2
FROM shop.orders |> DROP nope
FROM shop.orders |> DROP qty, qty
FROM shop.orders |> RENAME nope AS x
FROM shop.orders |> RENAME qty AS x, qty AS y
FROM shop.orders |> LIMIT -1
FROM shop.orders |> LIMIT qty
FROM shop.orders |> ORDER BY 13
FROM shop.orders |> ORDER BY nope
FROM shop.orders |> ORDER BY SUM(qty)
FROM shop.orders |> SELECT id |> WHERE qty > 1
FROM shop.orders |> SELECT id |> UNION ALL (SELECT 'a')
FROM shop.orders |> SELECT id |> UNION ALL (SELECT 1, 2)
FROM shop.orders |> SELECT id GROUP BY id
FROM shop.orders |> JOIN shop.customers USING (nope)
FROM shop.orders |> JOIN shop.customers USING (cust) |> SELECT id, name
FROM shop.orders |> AS o |> JOIN shop.customers AS c ON o.cust = c.cust |> SELECT status
FROM shop.orders |> AS o |> AS p |> SELECT o.id
FROM shop.orders |> WINDOW SUM(qty) OVER (ORDER BY id) AS w |> WHERE w > 1
FROM shop.orders |> SELECT id, id |> SELECT id
FROM shop.orders |> EXTEND 1 AS qty |> SELECT qty
# Asked one by one
SELECT qty + 1 AS x FROM shop.orders GROUP BY qty + 1 HAVING qty + 1 > 2
SELECT qty + 1 AS x FROM shop.orders GROUP BY qty + 1 ORDER BY qty + 1
SELECT qty + 1 AS x FROM shop.orders GROUP BY qty + 1 ORDER BY (qty + 1) * 2
SELECT UPPER(cust) || 'a' AS x FROM shop.orders GROUP BY UPPER(cust)
SELECT (UPPER(cust)) AS x FROM shop.orders GROUP BY UPPER(cust)
SELECT UPPER(cust) AS x FROM shop.orders GROUP BY (UPPER(cust))
SELECT upper(cust) AS x FROM shop.orders GROUP BY UPPER(cust)
SELECT upper(orders.cust) AS x FROM shop.orders GROUP BY UPPER(cust)
SELECT UPPER(cust) AS x, MAX(UPPER(cust)) AS y, LENGTH(UPPER(cust)) AS z FROM shop.orders GROUP BY UPPER(cust)
SELECT UPPER(cust) AS x, COUNT(*) OVER (PARTITION BY UPPER(cust)) AS n FROM shop.orders GROUP BY UPPER(cust)
SELECT UPPER(cust) AS x, COUNT(*) OVER (PARTITION BY UPPER(cust)) AS n FROM shop.orders GROUP BY x
SELECT UPPER(cust) AS x, COUNT(*) AS n FROM shop.orders GROUP BY 1 HAVING UPPER(cust) = 'A'
SELECT UPPER(cust) AS x, COUNT(*) AS n FROM shop.orders GROUP BY 1 HAVING x = 'A'
SELECT UPPER(cust) AS x, COUNT(*) AS n FROM shop.orders GROUP BY 1 ORDER BY UPPER(cust)
SELECT UPPER(cust) AS x, UPPER(cust) AS y, COUNT(*) AS n FROM shop.orders GROUP BY 1
SELECT UPPER(cust) AS x, LENGTH(UPPER(cust)) AS y, COUNT(*) AS n FROM shop.orders GROUP BY x
SELECT address.city || 'a' AS x FROM shop.customers GROUP BY address.city
SELECT 1 AS a FROM shop.orders GROUP BY a
SELECT 'x' AS a, COUNT(*) FROM shop.orders GROUP BY a
SELECT 'x' AS a, COUNT(*) FROM shop.orders GROUP BY 1
SELECT COUNT(*) FROM shop.orders GROUP BY 'x'
SELECT COUNT(*) FROM shop.orders GROUP BY DATE '2024-01-01'
SELECT COUNT(*) FROM shop.orders GROUP BY CAST(NULL AS INT64)
SELECT COUNT(*) FROM shop.orders GROUP BY (1)
SELECT COUNT(*) FROM shop.orders GROUP BY TRUE
SELECT COUNT(*) FROM shop.orders GROUP BY -1
SELECT COUNT(*) FROM shop.orders GROUP BY 1.5
SELECT COUNT(*) FROM shop.orders GROUP BY b'a'
SELECT COUNT(*) FROM shop.orders GROUP BY [1]
SELECT COUNT(*) FROM shop.orders GROUP BY STRUCT(1)
SELECT id FROM shop.orders ORDER BY DATE '2024-01-01'
SELECT id FROM shop.orders ORDER BY (1)
SELECT id FROM shop.orders ORDER BY CAST(NULL AS INT64)
SELECT id FROM shop.orders ORDER BY b'a'
SELECT id FROM shop.orders ORDER BY -1.5
SELECT id, 1 AS a FROM shop.orders ORDER BY a
SELECT id, id FROM shop.orders ORDER BY id
SELECT o.id, p.id FROM shop.orders AS o, shop.orders AS p ORDER BY id
SELECT o.id, p.id FROM shop.orders AS o, shop.orders AS p ORDER BY o.id
SELECT UPPER(cust) AS v FROM shop.orders AS cust
SELECT cust.id AS v FROM shop.orders AS cust
SELECT UPPER(t) AS v FROM shop.orders AS o, UNNEST([STRUCT(1 AS t)]) AS t
SELECT t + 1 AS v FROM shop.orders AS o, UNNEST([STRUCT(1 AS t)]) AS t
SELECT UPPER(tags) AS v FROM shop.orders AS o, UNNEST(o.tags) AS tags
SELECT tags[0] AS v FROM shop.orders AS o, UNNEST(o.tags) AS tags
SELECT id FROM shop.orders WHERE EXISTS(SELECT 1 AS a ORDER BY a)
SELECT ARRAY(SELECT 1 AS a ORDER BY a) AS v
SELECT 1 AS a UNION ALL SELECT 2 ORDER BY a
SELECT id FROM shop.orders UNION ALL SELECT level FROM shop.customers ORDER BY id + 1
SELECT id FROM shop.orders UNION ALL SELECT level FROM shop.customers ORDER BY 'a'
SELECT id FROM shop.orders UNION ALL SELECT level FROM shop.customers ORDER BY id COLLATE 'und:ci'
SELECT DISTINCT status FROM shop.orders ORDER BY RANK() OVER (ORDER BY status)
SELECT DISTINCT status, qty FROM shop.orders ORDER BY qty + 1
SELECT DISTINCT o.status FROM shop.orders AS o ORDER BY o.status
SELECT DISTINCT o.status FROM shop.orders AS o ORDER BY o.qty
SELECT DISTINCT status AS s FROM shop.orders ORDER BY status
SELECT DISTINCT status AS s FROM shop.orders AS o ORDER BY o.status
SELECT DISTINCT status AS s FROM shop.orders AS o ORDER BY UPPER(o.status)
SELECT id FROM shop.orders LIMIT CAST(NULL AS INT64)
SELECT id FROM shop.orders LIMIT (1)
SELECT id FROM shop.orders LIMIT ABS(-1)
SELECT id FROM shop.orders LIMIT 1 - 2
SELECT id FROM shop.orders LIMIT TRUE
SELECT ARRAY_AGG(cust LIMIT 1.5) AS v FROM shop.orders
SELECT ARRAY_AGG(cust LIMIT NULL) AS v FROM shop.orders
SELECT ARRAY_AGG(cust LIMIT (SELECT 1)) AS v FROM shop.orders
SELECT ARRAY_AGG(cust LIMIT CAST(1 AS INT64)) AS v FROM shop.orders
SELECT ARRAY_AGG(cust LIMIT '1') AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY qty ROWS BETWEEN 1 + 1 PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY qty ROWS BETWEEN CAST(1 AS INT64) PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY price RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY amount RANGE BETWEEN 1.5 PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY price RANGE BETWEEN 1.5 PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY qty RANGE BETWEEN '1' PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT SUM(qty) OVER (ORDER BY qty RANGE BETWEEN NULL PRECEDING AND CURRENT ROW) AS v FROM shop.orders
SELECT SUM(qty) OVER (w PARTITION BY id) AS v FROM shop.orders WINDOW w AS ()
SELECT SUM(qty) OVER (w) AS v FROM shop.orders WINDOW w AS (ORDER BY id ROWS 1 PRECEDING)
SELECT SUM(qty) OVER w AS v FROM shop.orders WINDOW w AS (ORDER BY id ROWS 1 PRECEDING)
SELECT RANK() OVER w AS v FROM shop.orders WINDOW w AS (ORDER BY id ROWS 1 PRECEDING)
SELECT SUM(qty) OVER (w ROWS 1 PRECEDING) AS v FROM shop.orders WINDOW w AS (ORDER BY id ROWS 1 PRECEDING)
SELECT FIRST_VALUE(qty) OVER (ORDER BY id ROWS 1 PRECEDING) AS v FROM shop.orders
SELECT NTH_VALUE(qty, 1) OVER (ORDER BY id ROWS 1 PRECEDING) AS v FROM shop.orders
SELECT CUME_DIST() OVER (ORDER BY id ROWS 1 PRECEDING) AS v FROM shop.orders
SELECT NTILE(2) OVER (ORDER BY id ROWS 1 PRECEDING) AS v FROM shop.orders
SELECT PERCENTILE_CONT(qty, 0.5) OVER (ROWS 1 PRECEDING) AS v FROM shop.orders
SELECT COUNT(DISTINCT qty) OVER (ROWS 1 PRECEDING) AS v FROM shop.orders
SELECT SUM(qty) OVER (ROWS 1 PRECEDING) AS v FROM shop.orders
SELECT SUM(qty) OVER (PARTITION BY ROW_NUMBER() OVER ()) AS v FROM shop.orders
SELECT status FROM shop.orders QUALIFY SUM(ROW_NUMBER() OVER ()) > 1
SELECT id FROM shop.orders GROUP BY id, ROW_NUMBER() OVER ()
SELECT id FROM shop.orders GROUP BY 1 HAVING RANK() OVER (ORDER BY id) = 1
SELECT UPPER(CAST(qty AS STRING)) FROM shop.orders GROUP BY CAST(qty AS STRING)
SELECT f0_ FROM (SELECT 1)
SELECT x.f0_ FROM (SELECT 1) AS x
SELECT * FROM (SELECT 1, 2)
SELECT * EXCEPT (f0_) FROM (SELECT 1, 2 AS a)
SELECT 1 FROM shop.orders HAVING TRUE ORDER BY MAX(id)
SELECT amount FROM shop.orders UNION ALL SELECT 1.5
SELECT UPPER(x) FROM (SELECT NULL AS x UNION ALL SELECT 'a')
SELECT PARSE_NUMERIC(x) FROM (SELECT amount AS x FROM shop.orders UNION ALL SELECT 1.5)
SELECT x FROM (SELECT '2024-01-01' AS x UNION ALL SELECT d FROM shop.orders)
SELECT x FROM (SELECT '2024-01-01' AS x UNION ALL SELECT DATE '2024-01-01' UNION ALL SELECT '2024-01-02')
SELECT x FROM (SELECT '2024-01-01' AS x UNION ALL SELECT 'a' UNION ALL SELECT d FROM shop.orders)
SELECT d FROM shop.orders UNION ALL (SELECT '2024-01-01')
SELECT d FROM shop.orders UNION ALL (SELECT * FROM (SELECT '2024-01-01'))
SELECT d FROM shop.orders UNION ALL SELECT '2024-01-01' FROM shop.orders
SELECT UPPER(status) AS v FROM (SELECT 'a' AS status) AS status
WITH status AS (SELECT 'a' AS status) SELECT UPPER(status) AS v FROM status
SELECT a.k FROM (SELECT 1 AS k) AS a JOIN (SELECT 1 AS k) AS k USING (k)
SELECT k + 1 FROM (SELECT 1 AS k) AS a JOIN (SELECT 1 AS k) AS k USING (k)
SELECT tags[0] AS t FROM shop.orders GROUP BY tags[0]
SELECT UPPER(tags[0]) AS t FROM shop.orders GROUP BY tags[0]
SELECT MAX(id) FROM shop.orders GROUP BY qty + 1 ORDER BY qty + 1
SELECT status AS qty, SUM(id) AS s FROM shop.orders GROUP BY status HAVING qty > 1
SELECT status AS qty, SUM(id) AS s FROM shop.orders GROUP BY status, qty
SELECT UPPER(status) AS status, SUM(id) AS s FROM shop.orders GROUP BY status
SELECT UPPER(status) AS status, cust FROM shop.orders GROUP BY status, cust
SELECT qty + 1 AS qty, SUM(qty) AS s FROM shop.orders GROUP BY qty HAVING qty > 1
SELECT EXTRACT(YEAR FROM d) AS y, COUNT(*) AS n FROM shop.orders GROUP BY EXTRACT(YEAR FROM d) ORDER BY EXTRACT(YEAR FROM d)
SELECT UPPER(cust) AS x FROM shop.orders GROUP BY x QUALIFY ROW_NUMBER() OVER (ORDER BY x) = 1
SELECT DATE(created) AS x, DATE(created) AS y FROM shop.orders GROUP BY DATE(created)
SELECT UPPER(cust) AS x, GROUPING(UPPER(cust)) AS g FROM shop.orders GROUP BY ROLLUP(UPPER(cust))
SELECT COUNT(*) FROM shop.orders GROUP BY ROLLUP(1)
SELECT cust FROM shop.orders GROUP BY ROLLUP(1)
SELECT STRUCT(cust, status) AS s FROM shop.orders GROUP BY cust, status
SELECT STRUCT(cust, status) AS s, cust FROM shop.orders GROUP BY s
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x FROM a ORDER BY x) SELECT x FROM a
WITH RECURSIVE a AS ((SELECT 1 AS x LIMIT 1) UNION ALL SELECT x FROM a) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL (SELECT x FROM a LIMIT 1)) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x FROM (SELECT x FROM a)) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x FROM (SELECT x FROM a LIMIT 1)) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x FROM (SELECT x FROM a GROUP BY x)) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x FROM (SELECT DISTINCT x FROM a)) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x FROM a LEFT JOIN shop.orders ON TRUE) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x FROM shop.orders RIGHT JOIN a ON TRUE) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x FROM a RIGHT JOIN shop.orders ON TRUE) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x FROM a FULL JOIN shop.orders ON TRUE) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT ROW_NUMBER() OVER () FROM a) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL (SELECT x FROM a UNION ALL SELECT x FROM a)) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL (SELECT x FROM a UNION ALL SELECT 3)) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT 2 UNION ALL SELECT x + 1 FROM a) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM a UNION ALL SELECT x + 2 FROM a) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION DISTINCT SELECT x + 1 FROM a WHERE x < 3) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM a WHERE x IN (SELECT x FROM a)) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM a WHERE x IN (SELECT id FROM shop.orders)) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM a, UNNEST([1]) AS t) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT a.x + 1 FROM a JOIN (SELECT x FROM a) AS b USING (x)) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x FROM (SELECT x FROM a ORDER BY x)) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT x FROM a ORDER BY x LIMIT 3) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT NULL FROM a) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1.5 AS x UNION ALL SELECT 1 FROM a) SELECT x FROM a
WITH RECURSIVE a AS (SELECT NULL AS x UNION ALL SELECT 'a' FROM a) SELECT x FROM a
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL (WITH b AS (SELECT x FROM a) SELECT x FROM b)) SELECT x FROM a
WITH RECURSIVE a AS (WITH b AS (SELECT 1 AS x) SELECT x FROM b UNION ALL SELECT x FROM a) SELECT x FROM a
SELECT TIMESTAMP(d, NULL) AS v FROM shop.orders
SELECT TIMESTAMP(dt, NULL) AS v FROM shop.orders
SELECT TIMESTAMP('2024-01-01', NULL) AS v FROM shop.orders
SELECT DATE(created, NULL) AS v FROM shop.orders
SELECT UPPER(NULL) AS v
SELECT CAST(d AS STRING FORMAT 'YYYY' AT TIME ZONE 'UTC') AS v FROM shop.orders
SELECT CAST(dt AS STRING FORMAT 'YYYY' AT TIME ZONE 'UTC') AS v FROM shop.orders
SELECT CAST('2024' AS TIMESTAMP FORMAT 'YYYY' AT TIME ZONE 'UTC') AS v FROM shop.orders
SELECT CAST('2024' AS DATE FORMAT 'YYYY' AT TIME ZONE 'UTC') AS v FROM shop.orders
SELECT RANGE('2024-01-01', '2024-02-01') AS v
SELECT RANGE(NULL, '2024-02-01') AS v
SELECT RANGE(NULL, DATE '2024-02-01') AS v
SELECT RANGE(NULL, NULL) AS v
SELECT KLL_QUANTILES.INIT_INT64(NULL) AS v
SELECT KLL_QUANTILES.INIT_INT64(1.5) AS v FROM shop.orders
SELECT KLL_QUANTILES.INIT_FLOAT64(amount) AS v FROM shop.orders
SELECT HLL_COUNT.INIT(d) AS v FROM shop.orders
SELECT HLL_COUNT.INIT(price) AS v FROM shop.orders
SELECT HLL_COUNT.INIT(NULL) AS v FROM shop.orders
SELECT HLL_COUNT.MERGE(cust) AS v FROM shop.orders
SELECT HLL_COUNT.MERGE('a') AS v FROM shop.orders
SELECT KLL_QUANTILES.MERGE_INT64(cust, 2) AS v FROM shop.orders
FROM shop.orders |> EXTEND (SELECT MAX(level) FROM shop.customers) AS m
FROM shop.orders |> SELECT 1 + SUM(qty) OVER () AS m
FROM shop.orders |> SELECT SUM(COUNT(*)) OVER () AS m
FROM shop.orders |> SET qty = RANK() OVER (ORDER BY id)
FROM shop.orders |> EXTEND COUNT(*) AS n
FROM shop.orders |> WHERE qty > 1 |> WHERE ROW_NUMBER() OVER () > 1 |> SELECT id
FROM shop.orders |> ORDER BY ROW_NUMBER() OVER () |> SELECT id
SELECT cust, cust FROM shop.orders GROUP BY cust
SELECT status, cust, cust FROM shop.orders GROUP BY ROLLUP(status, cust)
SELECT qty AS a, id AS a FROM shop.orders GROUP BY a
SELECT 1 AS a, 'x' AS b UNION ALL BY NAME SELECT 'y' AS b, 2 AS a
SELECT 1 AS a, 'x' AS b UNION ALL BY NAME SELECT 'y' AS b
SELECT 1 AS a, 'x' AS b UNION ALL BY NAME SELECT 'y' AS b, 2
SELECT 1 AS a UNION ALL BY NAME SELECT 'y' AS b, 2 AS a
SELECT 1 AS a INTERSECT DISTINCT BY NAME SELECT 2 AS A
SELECT * FROM (FROM shop.orders |> DROP qty) AS x
SELECT x.qty FROM (FROM shop.orders |> DROP qty) AS x
FROM shop.orders |> DROP 1, payload
FROM shop.orders |> DROP qty payload
FROM shop.orders |> DROP qty, |> SELECT id
FROM shop.orders |> DROP
FROM shop.orders |> DROP orders.qty
FROM shop.orders |> DROP 'qty'
FROM shop.orders |> SET orders.qty = 1
FROM shop.orders |> AGGREGATE SUM(qty) OVER () AS s
FROM shop.orders |> AGGREGATE COUNT(*) GROUP BY 1
FROM shop.orders |> WINDOW qty AS w
FROM shop.orders |> WINDOW SUM(qty) OVER () AS w, 1 AS x
FROM shop.orders |> AS o |> SET qty = 1 |> SELECT o.id
SELECT STRING_AGG(cust ORDER BY 1) FROM shop.orders
SELECT NULL.x FROM shop.orders
SELECT PERCENTILE_CONT(cust, 0.5) OVER () AS v FROM shop.orders
SELECT HLL_COUNT.INIT(qty, 'a') AS v FROM shop.orders
SELECT id FROM shop.orders (1)
SELECT v FROM (SELECT JSON '1' AS v) JOIN (SELECT JSON '1' AS v) USING (v)
SELECT o.id FROM shop.orders AS o LEFT JOIN shop.customers AS c ON o.qty > c.level
SELECT o.id FROM shop.orders AS o LEFT JOIN shop.customers AS c ON o.qty = 1
SELECT o.id FROM shop.orders AS o LEFT JOIN shop.customers AS c ON o.qty = o.id AND c.level > 1
SELECT o.id FROM shop.orders AS o LEFT JOIN shop.customers AS c ON o.qty = c.level AND c.level > o.id
SELECT o.id FROM shop.orders AS o LEFT JOIN shop.customers AS c ON (o.cust = c.cust OR o.qty = c.level)
SELECT o.id FROM shop.orders AS o LEFT JOIN shop.customers AS c ON TRUE
SELECT o.id FROM shop.orders AS o FULL JOIN shop.customers AS c ON UPPER(c.name) = LOWER(o.cust) AND o.qty > 1
SELECT o.id FROM shop.orders AS o RIGHT JOIN shop.customers AS c ON o.cust IS NOT DISTINCT FROM c.cust
SELECT id FROM shop.orders LEFT JOIN shop.customers ON qty = level
SELECT id FROM shop.orders AS o LEFT JOIN shop.customers AS c USING (cust) LEFT JOIN shop.customers AS d ON d.level = o.qty
SELECT id FROM shop.orders AS o LEFT JOIN shop.customers AS c USING (cust) LEFT JOIN shop.customers AS d ON d.level > o.qty
SELECT id FROM shop.orders AS o LEFT JOIN shop.customers AS c ON o.qty + c.level = 2
SELECT PERCENTILE_CONT(amount, TRUE) OVER () AS v FROM shop.orders
SELECT PERCENTILE_DISC(amount, d) OVER () AS v FROM shop.orders
(SELECT MAX(NULL) AS v FROM shop.orders) INTERSECT DISTINCT (SELECT TRIM(cust, cust) AS v FROM shop.orders) ORDER BY v
(SELECT ANY_VALUE(NULL) AS v FROM shop.orders) UNION ALL (SELECT qty AS v FROM shop.orders)
(SELECT ARRAY_AGG(NULL) AS v FROM shop.orders) UNION ALL (SELECT [cust] AS v FROM shop.orders)
SELECT STRING_AGG('ab', b'ab') AS v FROM shop.orders
SELECT BIT_AND('a') AS v FROM shop.orders
SELECT ~ 'a' AS v FROM shop.orders
SELECT ~ b'a' AS v FROM shop.orders
SELECT DISTINCT AS VALUE STRUCT(1 AS a, 2 AS b)
SELECT DISTINCT AS STRUCT 1 AS a, 2 AS b
SELECT ROW_NUMBER() OVER () AS n
SELECT 1 AS n QUALIFY ROW_NUMBER() OVER () = 1
SELECT id FROM shop.orders WINDOW w AS (ORDER BY id) QUALIFY ROW_NUMBER() OVER w = 1
SELECT id FROM shop.orders QUALIFY ROW_NUMBER() OVER w = 1 WINDOW w AS (ORDER BY id)
WITH RECURSIVE a AS (SELECT 1 AS x UNION ALL SELECT ROW_NUMBER() OVER ()) SELECT x FROM a
SELECT ARRAY(SELECT DISTINCT AS STRUCT cust, qty FROM shop.orders) AS v
