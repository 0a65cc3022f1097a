CREATE TABLE raw.every AS
  SELECT *, strptime(InvoiceDate, '%-m/%-d/%y %-H:%M') AS t FROM read_parquet('@root/data/online_retail.parquet');
CREATE TABLE raw.invoice_line AS
  SELECT InvoiceNo AS invoice_no,
    row_number() OVER (PARTITION BY InvoiceNo ORDER BY StockCode NULLS FIRST, Description NULLS FIRST, Quantity NULLS FIRST,
      UnitPrice NULLS FIRST, InvoiceDate NULLS FIRST, CustomerID NULLS FIRST, Country NULLS FIRST) AS line_no,
    t AS invoiced_at, StockCode AS stock_code, CustomerID AS customer_id, Country AS country,
    InvoiceNo LIKE 'C%' AS is_cancellation, Quantity AS quantity, Quantity * CAST(UnitPrice AS DECIMAL(18, 3)) AS amount
  FROM raw.every;
CREATE TABLE raw.product AS
  SELECT StockCode AS stock_code, Description AS description, TIMESTAMP '0001-01-01' AS since, TIMESTAMP '9999-12-31' AS until
  FROM raw.every
  QUALIFY row_number() OVER (PARTITION BY StockCode ORDER BY Description IS NULL, t DESC, Description DESC) = 1;
CREATE TABLE raw.customer AS
  SELECT CustomerID AS customer_id, Country AS country, TIMESTAMP '0001-01-01' AS since, TIMESTAMP '9999-12-31' AS until
  FROM raw.every WHERE CustomerID IS NOT NULL
  QUALIFY row_number() OVER (PARTITION BY CustomerID ORDER BY t DESC, Country DESC) = 1;
CREATE TABLE raw.country AS
  SELECT DISTINCT Country AS country, Country = 'United Kingdom' AS is_domestic, TIMESTAMP '0001-01-01' AS since,
    TIMESTAMP '9999-12-31' AS until
  FROM raw.every;
