-- daily_sales: Sales by day, product and seller, rolled up from the order lines. Grain: One row per day, product version and seller..
CREATE TABLE IF NOT EXISTS `dw`.`daily_sales` (
  `quantity` INT64 OPTIONS (description = 'Pieces ordered.'),
  `amount` NUMERIC OPTIONS (description = 'What the stores pay.'),
  `lines` INT64 OPTIONS (description = 'Order lines.'),
  `order_date_key` INT64 NOT NULL OPTIONS (description = 'The day in Seoul on which it was ordered.'),
  `product_key` INT64 NOT NULL OPTIONS (description = 'The product as it was listed.'),
  `seller_key` INT64 NOT NULL OPTIONS (description = 'The seller.'),
  `loaded_batch` INT64 OPTIONS (description = 'The batch that wrote the row last.')
)
CLUSTER BY `order_date_key`, `product_key`, `seller_key`
OPTIONS (description = 'Sales by day, product and seller, rolled up from the order lines. Grain: One row per day, product version and seller..', labels = [('dwc_project', 'marketplace'), ('dwc_owner', 'daily_sales')]);

-- delivery: The way of an order to the store's door, milestone by milestone. Grain: One row per delivery, updated as it reaches its milestones..
CREATE TABLE IF NOT EXISTS `dw`.`delivery` (
  `delivery_id` INT64 NOT NULL,
  `order_id` INT64,
  `ordered_at` DATETIME OPTIONS (description = 'When the event took place.'),
  `picked_up_at` DATETIME OPTIONS (description = 'When `picked_up` was reached; NULL until then.'),
  `delivered_at` DATETIME OPTIONS (description = 'When `delivered` was reached; NULL until then.'),
  `ordered_at_utc` TIMESTAMP OPTIONS (description = 'The instant of `ordered_at` in UTC.'),
  `picked_up_at_utc` TIMESTAMP OPTIONS (description = 'The instant of `picked_up_at` in UTC.'),
  `deliveries` INT64 OPTIONS (description = 'One for each delivery.'),
  `reached_ordered` INT64 OPTIONS (description = '1 if `ordered` is reached, else 0.'),
  `waiting_at_ordered` INT64 OPTIONS (description = '1 if `ordered` is the latest milestone that is reached, else 0.'),
  `reached_picked_up` INT64 OPTIONS (description = '1 if `picked_up` is reached, else 0.'),
  `waiting_at_picked_up` INT64 OPTIONS (description = '1 if `picked_up` is the latest milestone that is reached, else 0.'),
  `reached_delivered` INT64 OPTIONS (description = '1 if `delivered` is reached, else 0.'),
  `hours_to_picked_up` INT64 OPTIONS (description = 'Hours from `ordered` to `picked_up`; NULL until both are reached.'),
  `hours_to_delivered` INT64 OPTIONS (description = 'Hours from `ordered` to `delivered`; NULL until both are reached.'),
  `ordered_date_key` INT64 NOT NULL OPTIONS (description = 'The day on which `ordered` was reached.'),
  `picked_up_date_key` INT64 NOT NULL OPTIONS (description = 'The day on which `picked_up` was reached.'),
  `delivered_date_key` INT64 NOT NULL OPTIONS (description = 'The day on which `delivered` was reached.'),
  `store_key` INT64 NOT NULL OPTIONS (description = 'The store that waits for it.'),
  `store_durable_key` INT64 NOT NULL OPTIONS (description = 'The durable key of the store, the same for all its versions: for values as they are now, left join `store` on `store_durable_key` and `is_current`.'),
  `courier_key` INT64 NOT NULL OPTIONS (description = 'The courier in the team of the time of pick-up.'),
  `courier_durable_key` INT64 NOT NULL OPTIONS (description = 'The durable key of the courier, the same for all its versions: for values as they are now, left join `courier` on `courier_durable_key` and `is_current`.'),
  `loaded_batch` INT64 OPTIONS (description = 'The batch that wrote the row last.')
)
PARTITION BY DATETIME_TRUNC(`ordered_at`, DAY)
CLUSTER BY `delivery_id`, `store_key`, `courier_key`
OPTIONS (description = 'The way of an order to the store\'s door, milestone by milestone. Grain: One row per delivery, updated as it reaches its milestones..', labels = [('dwc_project', 'marketplace'), ('dwc_owner', 'delivery')]);

-- order_line: What stores ordered, line by line. A cancelled order is not here. Grain: One row per product on an order that has not been cancelled..
CREATE TABLE IF NOT EXISTS `dw`.`order_line` (
  `order_id` INT64 NOT NULL,
  `line_no` INT64 NOT NULL,
  `ordered_at` DATETIME OPTIONS (description = 'When the event took place.'),
  `ordered_at_utc` TIMESTAMP OPTIONS (description = 'The instant of `ordered_at` in UTC.'),
  `quantity` INT64 OPTIONS (description = 'How many pieces were ordered.'),
  `amount` NUMERIC OPTIONS (description = 'What the store pays for the line.'),
  `discount_amount` NUMERIC OPTIONS (description = 'What the deal took off.'),
  `unit_price` NUMERIC OPTIONS (description = 'The price of one piece.'),
  `order_date_key` INT64 NOT NULL OPTIONS (description = 'The day in Seoul on which it was ordered.'),
  `order_time_key` INT64 NOT NULL OPTIONS (description = 'The minute at which it was ordered.'),
  `promised_date_key` INT64 NOT NULL OPTIONS (description = 'The day for which delivery was promised.'),
  `product_key` INT64 NOT NULL OPTIONS (description = 'The product as it was listed when it was ordered.'),
  `product_durable_key` INT64 NOT NULL OPTIONS (description = 'The durable key of the product, the same for all its versions: for values as they are now, left join `product` on `product_durable_key` and `is_current`.'),
  `store_key` INT64 NOT NULL OPTIONS (description = 'The store that ordered.'),
  `store_durable_key` INT64 NOT NULL OPTIONS (description = 'The durable key of the store, the same for all its versions: for values as they are now, left join `store` on `store_durable_key` and `is_current`.'),
  `seller_key` INT64 NOT NULL OPTIONS (description = 'The seller that the order went to.'),
  `seller_durable_key` INT64 NOT NULL OPTIONS (description = 'The durable key of the seller, the same for all its versions: for values as they are now, left join `seller` on `seller_durable_key` and `is_current`.'),
  `promotion_key` INT64 NOT NULL OPTIONS (description = 'The deal under which it was sold.'),
  `promotion_durable_key` INT64 NOT NULL OPTIONS (description = 'The durable key of the promotion: join `promotion` by `promotion_durable_key`, which has one row per member.'),
  `order_status_key` INT64 NOT NULL OPTIONS (description = 'The order\'s state today.'),
  `order_status_durable_key` INT64 NOT NULL OPTIONS (description = 'The durable key of the order_status: join `order_status` by `order_status_durable_key`, which has one row per member.'),
  `loaded_batch` INT64 OPTIONS (description = 'The batch that wrote the row last.')
)
PARTITION BY DATETIME_TRUNC(`ordered_at`, DAY)
CLUSTER BY `order_id`, `line_no`, `product_key`, `store_key`
OPTIONS (description = 'What stores ordered, line by line. A cancelled order is not here. Grain: One row per product on an order that has not been cancelled..', labels = [('dwc_project', 'marketplace'), ('dwc_owner', 'order_line')]);

-- payment: Every attempt to pay for an order, also those that failed. Grain: One row per attempt to pay..
CREATE TABLE IF NOT EXISTS `dw`.`payment` (
  `payment_id` INT64 NOT NULL,
  `order_id` INT64,
  `payment_status` STRING,
  `paid_at` DATETIME OPTIONS (description = 'When the event took place.'),
  `paid_at_utc` TIMESTAMP OPTIONS (description = 'The instant of `paid_at` in UTC.'),
  `attempts` INT64 OPTIONS (description = 'One for each attempt.'),
  `paid_amount` NUMERIC OPTIONS (description = 'What was paid; nothing where the attempt failed.'),
  `payment_date_key` INT64 NOT NULL OPTIONS (description = 'The day of the attempt.'),
  `payment_time_key` INT64 NOT NULL OPTIONS (description = 'The minute of the attempt.'),
  `payment_method_key` INT64 NOT NULL OPTIONS (description = 'How the store tried to pay.'),
  `payment_method_durable_key` INT64 NOT NULL OPTIONS (description = 'The durable key of the payment_method: join `payment_method` by `payment_method_durable_key`, which has one row per member.'),
  `store_key` INT64 NOT NULL OPTIONS (description = 'The store that pays.'),
  `store_durable_key` INT64 NOT NULL OPTIONS (description = 'The durable key of the store, the same for all its versions: for values as they are now, left join `store` on `store_durable_key` and `is_current`.'),
  `loaded_batch` INT64 OPTIONS (description = 'The batch that wrote the row last.')
)
PARTITION BY DATETIME_TRUNC(`paid_at`, DAY)
CLUSTER BY `payment_id`, `payment_method_key`, `store_key`
OPTIONS (description = 'Every attempt to pay for an order, also those that failed. Grain: One row per attempt to pay..', labels = [('dwc_project', 'marketplace'), ('dwc_owner', 'payment')]);

-- promotion: 특가 행사. A deal that takes a share off the price of certain products on certain days.
CREATE TABLE IF NOT EXISTS `dw`.`promotion` (
  `promotion_key` INT64 NOT NULL OPTIONS (description = 'Surrogate key: join facts by it. Negative keys are reserved members.'),
  `promotion_durable_key` INT64 NOT NULL OPTIONS (description = 'Durable key: the same for every version of a member.'),
  `promotion_id` INT64,
  `promotion_name` STRING OPTIONS (description = 'The name shown to stores.'),
  `kind` STRING OPTIONS (description = 'What kind of promotion it is.'),
  `discount_rate` NUMERIC OPTIONS (description = 'The share taken off, 0 to 1.'),
  `starts_on` DATE OPTIONS (description = 'The first day of the deal.'),
  `ends_on` DATE OPTIONS (description = 'The last day of the deal.'),
  `is_deleted` BOOL NOT NULL OPTIONS (description = 'The member is deleted in its source.'),
  `is_inferred` BOOL NOT NULL OPTIONS (description = 'A fact named the member before its source did; its attributes are not known yet.'),
  `loaded_batch` INT64 OPTIONS (description = 'The batch that wrote the row last.')
)
OPTIONS (description = '특가 행사. A deal that takes a share off the price of certain products on certain days.', labels = [('dwc_project', 'marketplace'), ('dwc_owner', 'promotion')]);

-- store: 주문하는 매장. A restaurant or shop that buys on the marketplace, as it was at the time.
CREATE TABLE IF NOT EXISTS `dw`.`store` (
  `store_key` INT64 NOT NULL OPTIONS (description = 'Surrogate key: join facts by it. Negative keys are reserved members.'),
  `store_durable_key` INT64 NOT NULL OPTIONS (description = 'Durable key: the same for every version of a member.'),
  `store_id` INT64,
  `store_name` STRING OPTIONS (description = 'The name on the store\'s sign.'),
  `grade` STRING OPTIONS (description = 'The store\'s grade at the time: bronze, silver or gold.'),
  `region` STRING OPTIONS (description = 'The region that the store is in.'),
  `is_open` STRING OPTIONS (description = 'Whether the store still buys.'),
  `business_type` STRING OPTIONS (description = 'The store\'s trade.'),
  `phone` STRING OPTIONS (description = 'The store\'s latest telephone number.'),
  `valid_from` TIMESTAMP NOT NULL OPTIONS (description = 'The instant since which the version holds.'),
  `valid_to` TIMESTAMP OPTIONS (description = 'The instant until which it holds, itself outside.'),
  `is_current` BOOL NOT NULL OPTIONS (description = 'The version holds now.'),
  `is_deleted` BOOL NOT NULL OPTIONS (description = 'The member is deleted in its source.'),
  `is_inferred` BOOL NOT NULL OPTIONS (description = 'A fact named the member before its source did; its attributes are not known yet.'),
  `loaded_batch` INT64 OPTIONS (description = 'The batch that wrote the row last.')
)
OPTIONS (description = '주문하는 매장. A restaurant or shop that buys on the marketplace, as it was at the time.', labels = [('dwc_project', 'marketplace'), ('dwc_owner', 'store')]);

INSERT INTO `dw`.`store` (`store_key`, `store_durable_key`, `store_id`, `store_name`, `grade`, `region`, `is_open`, `business_type`, `phone`, `valid_from`, `valid_to`, `is_current`, `is_deleted`, `is_inferred`, `loaded_batch`)
VALUES
  (-1, -1, NULL, 'Unknown', 'Unknown', 'Unknown', 'Unknown', 'Unknown', 'Unknown', TIMESTAMP '0001-01-01 00:00:00+00', TIMESTAMP '9999-12-31 00:00:00+00', TRUE, FALSE, FALSE, 0),
  (-2, -2, NULL, 'Not applicable', 'Not applicable', 'Not applicable', 'Not applicable', 'Not applicable', 'Not applicable', TIMESTAMP '0001-01-01 00:00:00+00', TIMESTAMP '9999-12-31 00:00:00+00', TRUE, FALSE, FALSE, 0),
  (-3, -3, NULL, 'Rejected', 'Rejected', 'Rejected', 'Rejected', 'Rejected', 'Rejected', TIMESTAMP '0001-01-01 00:00:00+00', TIMESTAMP '9999-12-31 00:00:00+00', TRUE, FALSE, FALSE, 0),
  (-4, -4, NULL, 'Not yet', 'Not yet', 'Not yet', 'Not yet', 'Not yet', 'Not yet', TIMESTAMP '0001-01-01 00:00:00+00', TIMESTAMP '9999-12-31 00:00:00+00', TRUE, FALSE, FALSE, 0);

-- store: Every state of the members of store, as its source gave it.
CREATE TABLE IF NOT EXISTS `dw_history`.`store` (
  `store_id` INT64,
  `store_name` STRING,
  `grade` STRING,
  `region` STRING,
  `is_open` BOOL,
  `business_type` STRING,
  `phone` STRING,
  `_event_at` TIMESTAMP,
  `_event_sequence` INT64,
  `_batch` INT64,
  `_state` INT64,
  `_gone` BOOL
)
CLUSTER BY `store_id`
OPTIONS (description = 'Every state of the members of store, as its source gave it.', labels = [('dwc_project', 'marketplace'), ('dwc_owner', 'store')]);

-- shop.orders: Images of rows of shop.orders that models have yet to consume.
CREATE TABLE IF NOT EXISTS `dw_landing`.`shop__orders__changes` (
  `order_id` INT64,
  `store_id` INT64,
  `seller_id` INT64,
  `ordered_at` DATETIME,
  `promised_on` DATE OPTIONS (description = 'The day on which delivery was promised.'),
  `status` STRING,
  `updated_at` DATETIME,
  `_batch` INT64,
  `_state` INT64,
  `_image` STRING,
  `_at` TIMESTAMP,
  `_deleted` BOOL
)
CLUSTER BY `order_id`
OPTIONS (description = 'Images of rows of shop.orders that models have yet to consume.', labels = [('dwc_project', 'marketplace'), ('dwc_owner', 'shop_orders')]);

-- shop.orders: Every landed row of shop.orders, deleted ones among them.
CREATE TABLE IF NOT EXISTS `dw_landing`.`shop__orders__rows` (
  `order_id` INT64,
  `store_id` INT64,
  `seller_id` INT64,
  `ordered_at` DATETIME,
  `promised_on` DATE OPTIONS (description = 'The day on which delivery was promised.'),
  `status` STRING,
  `updated_at` DATETIME,
  `_deleted` BOOL,
  `_at` TIMESTAMP,
  `_batch` INT64,
  `_state` INT64
)
CLUSTER BY `order_id`
OPTIONS (description = 'Every landed row of shop.orders, deleted ones among them.', labels = [('dwc_project', 'marketplace'), ('dwc_owner', 'shop_orders')]);

-- shop.stores: Images of rows of shop.stores that models have yet to consume.
CREATE TABLE IF NOT EXISTS `dw_landing`.`shop__stores__changes` (
  `store_id` INT64,
  `store_name` STRING,
  `grade` STRING OPTIONS (description = 'bronze, silver or gold, by what the store bought.'),
  `region` STRING,
  `business_type` STRING,
  `phone` STRING,
  `is_open` BOOL,
  `updated_at` DATETIME,
  `_batch` INT64,
  `_state` INT64,
  `_image` STRING,
  `_at` TIMESTAMP,
  `_deleted` BOOL
)
CLUSTER BY `store_id`
OPTIONS (description = 'Images of rows of shop.stores that models have yet to consume.', labels = [('dwc_project', 'marketplace'), ('dwc_owner', 'shop_stores')]);

-- shop.stores: Every landed row of shop.stores, deleted ones among them.
CREATE TABLE IF NOT EXISTS `dw_landing`.`shop__stores__rows` (
  `store_id` INT64,
  `store_name` STRING,
  `grade` STRING OPTIONS (description = 'bronze, silver or gold, by what the store bought.'),
  `region` STRING,
  `business_type` STRING,
  `phone` STRING,
  `is_open` BOOL,
  `updated_at` DATETIME,
  `_deleted` BOOL,
  `_at` TIMESTAMP,
  `_batch` INT64,
  `_state` INT64
)
CLUSTER BY `store_id`
OPTIONS (description = 'Every landed row of shop.stores, deleted ones among them.', labels = [('dwc_project', 'marketplace'), ('dwc_owner', 'shop_stores')]);

-- Live rows of shop.orders.
CREATE OR REPLACE VIEW `dw_landing`.`shop__orders`
OPTIONS (description = 'Live rows of shop.orders.', labels = [('dwc_project', 'marketplace'), ('dwc_owner', 'shop_orders')]) AS
SELECT `order_id`, `store_id`, `seller_id`, `ordered_at`, `promised_on`, `status`, `updated_at` FROM `dw_landing`.`shop__orders__rows` WHERE NOT _deleted;

-- Live rows of shop.stores.
CREATE OR REPLACE VIEW `dw_landing`.`shop__stores`
OPTIONS (description = 'Live rows of shop.stores.', labels = [('dwc_project', 'marketplace'), ('dwc_owner', 'shop_stores')]) AS
SELECT `store_id`, `store_name`, `grade`, `region`, `business_type`, `phone`, `is_open`, `updated_at` FROM `dw_landing`.`shop__stores__rows` WHERE NOT _deleted;

