-- The tables of the database are in `db`, each as its own rows read it.
CREATE SCHEMA raw;
CREATE MACRO raw.always() AS TABLE SELECT TIMESTAMP '0001-01-01' AS since, TIMESTAMP '9999-12-31' AS until;
CREATE TABLE raw.payment AS SELECT payment_id, customer_id, staff_id, rental_id, amount, payment_date FROM db.payment;
CREATE TABLE raw.rental AS
  SELECT r.rental_id, r.rental_date, r.return_date, r.customer_id, r.staff_id, i.film_id, i.store_id, 1 AS rentals,
    CAST(r.rental_date IS NOT NULL AS BIGINT) AS reached_opened, CAST(r.return_date IS NULL AS BIGINT) AS waiting_at_opened,
    CAST(r.return_date IS NOT NULL AS BIGINT) AS reached_returned,
    date_diff('day', CAST(r.rental_date AS DATE), CAST(r.return_date AS DATE)) AS days_to_returned
  FROM db.rental AS r JOIN db.inventory AS i USING (inventory_id);
CREATE TABLE raw.film_actor_casting AS SELECT film_id, actor_id, last_update FROM db.film_actor;
CREATE TABLE raw.actor AS SELECT actor_id, first_name, last_name, since, until FROM db.actor, raw.always();
CREATE TABLE raw.customer AS
  SELECT c.customer_id, c.first_name, c.last_name, c.email, CASE WHEN c.active <> 0 THEN 'Active' WHEN c.active = 0 THEN 'Inactive' END AS active, n.country, t.city, since, until
  FROM db.customer AS c JOIN db.address AS a USING (address_id) JOIN db.city AS t USING (city_id)
  JOIN db.country AS n USING (country_id), raw.always();
CREATE TABLE raw.film AS
  SELECT f.film_id, f.title, c.name AS category, l.name AS language, f.rating, f.rental_rate, f.release_year, f.length,
    f.special_features, since, until
  FROM db.film AS f JOIN db.language AS l USING (language_id) LEFT JOIN db.film_category AS fc USING (film_id)
  LEFT JOIN db.category AS c ON c.category_id = fc.category_id, raw.always();
CREATE TABLE raw.staff AS SELECT staff_id, first_name, last_name, CASE WHEN active <> 0 THEN 'Working' WHEN active = 0 THEN 'Gone' END AS active, since, until FROM db.staff, raw.always();
CREATE TABLE raw.store AS
  SELECT s.store_id, t.city, since, until
  FROM db.store AS s JOIN db.address AS a USING (address_id) JOIN db.city AS t USING (city_id), raw.always();
