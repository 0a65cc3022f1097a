-- question: rentals per category and store
-- star
SELECT f.category, s.store_id, CAST(sum(r.rentals) AS BIGINT) AS rentals FROM dw.rental AS r
JOIN dw.film AS f ON f.film_key = r.film_key JOIN dw.store AS s ON s.store_key = r.store_key GROUP BY 1, 2 ORDER BY 1, 2;
-- raw
SELECT c.name, i.store_id, count(*) FROM rental r JOIN inventory i USING (inventory_id)
JOIN film_category fc ON fc.film_id = i.film_id JOIN category c USING (category_id) GROUP BY 1, 2 ORDER BY 1, 2;

-- question: copies that are still out
-- star
SELECT count(*) AS copies FROM dw.rental WHERE returned_date_key = -4;
-- raw
SELECT count(*) FROM rental WHERE return_date IS NULL;

-- question: cents paid per month and member of staff
-- star
SELECT d.year, d.month, s.staff_id, CAST(sum(p.amount) * 100 AS BIGINT) AS cents FROM dw.payment AS p
JOIN dw.date AS d ON d.date_key = p.payment_date_key JOIN dw.staff AS s ON s.staff_key = p.staff_key GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
-- raw
SELECT year(payment_date), month(payment_date), staff_id, CAST(sum(amount) * 100 AS SIGNED) FROM payment GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;

-- question: cents paid per country of the customer
-- star
SELECT c.country, CAST(sum(p.amount) * 100 AS BIGINT) AS cents FROM dw.payment AS p
JOIN dw.customer AS c ON c.customer_key = p.customer_key GROUP BY 1 ORDER BY 1;
-- raw
SELECT n.country, CAST(sum(p.amount) * 100 AS SIGNED) FROM payment p JOIN customer c USING (customer_id)
JOIN address a USING (address_id) JOIN city t USING (city_id) JOIN country n USING (country_id) GROUP BY 1 ORDER BY 1;

-- question: films per actor
-- star
SELECT a.actor_id, count(*) AS films FROM dw.film_actor_casting AS f JOIN dw.actor AS a ON a.actor_key = f.actor_key GROUP BY 1 ORDER BY 1;
-- raw
SELECT actor_id, count(*) FROM film_actor GROUP BY 1 ORDER BY 1;
