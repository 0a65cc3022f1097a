-- setup
CREATE SCHEMA raw;
CREATE VIEW raw.lines AS SELECT *, strptime(InvoiceDate, '%-m/%-d/%y %-H:%M') AS t FROM read_parquet('@root/data/online_retail.parquet');

-- question: every line is there
-- star
SELECT count(*) AS lines, count(DISTINCT invoice_no) AS invoices, CAST(sum(quantity) AS BIGINT) AS quantity, round(CAST(sum(amount) AS DOUBLE), 2) AS amount FROM dw.invoice_line;
-- raw
SELECT count(*), count(DISTINCT InvoiceNo), CAST(sum(Quantity) AS BIGINT), round(CAST(sum(Quantity * CAST(UnitPrice AS DECIMAL(18, 3))) AS DOUBLE), 2) FROM raw.lines;

-- question: cancelled lines and pieces
-- star
SELECT count(*) AS lines, CAST(sum(quantity) AS BIGINT) AS quantity FROM dw.invoice_line WHERE is_cancellation;
-- raw
SELECT count(*), CAST(sum(Quantity) AS BIGINT) FROM raw.lines WHERE InvoiceNo LIKE 'C%';

-- question: lines without a customer
-- star
SELECT count(*) AS lines FROM dw.invoice_line WHERE customer_key = -1;
-- raw
SELECT count(*) FROM raw.lines WHERE CustomerID IS NULL;

-- question: pieces per month and country
-- star
SELECT d.year, d.month, c.country, CAST(sum(f.quantity) AS BIGINT) AS quantity FROM dw.invoice_line AS f
JOIN dw.date AS d ON d.date_key = f.invoice_date_key JOIN dw.country AS c ON c.country_key = f.country_key GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
-- raw
SELECT year(t), month(t), Country, CAST(sum(Quantity) AS BIGINT) FROM raw.lines GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- question: products and customers
-- star
SELECT (SELECT count(*) FROM dw.product WHERE product_key NOT IN (-1, -2, -3, -4)) AS products,
  (SELECT count(*) FROM dw.customer WHERE customer_key NOT IN (-1, -2, -3, -4)) AS customers;
-- raw
SELECT count(DISTINCT StockCode), count(DISTINCT CustomerID) FROM raw.lines;

-- question: the ten stock codes that sold most, under their latest description
-- star
SELECT p.stock_code, p.description, CAST(sum(f.quantity) AS BIGINT) AS quantity FROM dw.invoice_line AS f
JOIN dw.product AS p ON p.product_key = f.product_key GROUP BY 1, 2 ORDER BY 3 DESC, 1 LIMIT 10;
-- raw
SELECT StockCode, max_by(Description, (t, Description)) FILTER (WHERE Description IS NOT NULL), CAST(sum(Quantity) AS BIGINT)
FROM raw.lines GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT 10;
