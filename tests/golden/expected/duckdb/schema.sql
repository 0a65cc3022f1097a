COMMENT ON COLUMN "dw"."daily_sales"."amount" IS 'What the stores pay.';

-- delivery: The way of an order to the store's door, milestone by milestone. Grain: One row per delivery, updated as it reaches its milestones..
CREATE TABLE IF NOT EXISTS "dw"."delivery" (
  "delivery_id" BIGINT NOT NULL,
  "order_id" BIGINT,
  "ordered_at" TIMESTAMP,
  "picked_up_at" TIMESTAMP,
  "delivered_at" TIMESTAMP,
  "ordered_at_utc" TIMESTAMP,
  "picked_up_at_utc" TIMESTAMP,
  "deliveries" BIGINT,
  "reached_ordered" BIGINT,
  "waiting_at_ordered" BIGINT,
  "reached_picked_up" BIGINT,
  "waiting_at_picked_up" BIGINT,
  "reached_delivered" BIGINT,
  "hours_to_picked_up" BIGINT,
  "hours_to_delivered" BIGINT,
  "ordered_date_key" BIGINT NOT NULL,
  "picked_up_date_key" BIGINT NOT NULL,
  "delivered_date_key" BIGINT NOT NULL,
  "store_key" BIGINT NOT NULL,
  "store_durable_key" BIGINT NOT NULL,
  "courier_key" BIGINT NOT NULL,
  "courier_durable_key" BIGINT NOT NULL,
  "loaded_batch" BIGINT
);

COMMENT ON TABLE "dw"."delivery" IS 'The way of an order to the store''s door, milestone by milestone. Grain: One row per delivery, updated as it reaches its milestones..';

COMMENT ON COLUMN "dw"."delivery"."store_key" IS 'The store that waits for it.';

COMMENT ON COLUMN "dw"."delivery"."store_durable_key" IS 'The durable key of the store, the same for all its versions: for values as they are now, left join `store` on `store_durable_key` and `is_current`.';

-- order_line: What stores ordered, line by line. A cancelled order is not here. Grain: One row per product on an order that has not been cancelled..
CREATE TABLE IF NOT EXISTS "dw"."order_line" (
  "order_id" BIGINT NOT NULL,
  "line_no" BIGINT NOT NULL,
  "ordered_at" TIMESTAMP,
  "ordered_at_utc" TIMESTAMP,
  "quantity" BIGINT,
  "amount" DECIMAL(38,9),
  "discount_amount" DECIMAL(38,9),
  "unit_price" DECIMAL(38,9),
  "order_date_key" BIGINT NOT NULL,
  "order_time_key" BIGINT NOT NULL,
  "promised_date_key" BIGINT NOT NULL,
  "product_key" BIGINT NOT NULL,
  "product_durable_key" BIGINT NOT NULL,
  "store_key" BIGINT NOT NULL,
  "store_durable_key" BIGINT NOT NULL,
  "seller_key" BIGINT NOT NULL,
  "seller_durable_key" BIGINT NOT NULL,
  "promotion_key" BIGINT NOT NULL,
  "promotion_durable_key" BIGINT NOT NULL,
  "order_status_key" BIGINT NOT NULL,
  "order_status_durable_key" BIGINT NOT NULL,
  "loaded_batch" BIGINT
);

COMMENT ON TABLE "dw"."order_line" IS 'What stores ordered, line by line. A cancelled order is not here. Grain: One row per product on an order that has not been cancelled..';

COMMENT ON COLUMN "dw"."order_line"."ordered_at" IS 'When the event took place.';

COMMENT ON COLUMN "dw"."order_line"."ordered_at_utc" IS 'The instant of `ordered_at` in UTC.';

COMMENT ON COLUMN "dw"."order_line"."quantity" IS 'How many pieces were ordered.';

COMMENT ON COLUMN "dw"."order_line"."amount" IS 'What the store pays for the line.';

COMMENT ON COLUMN "dw"."order_line"."discount_amount" IS 'What the deal took off.';

COMMENT ON COLUMN "dw"."order_line"."unit_price" IS 'The price of one piece.';

COMMENT ON COLUMN "dw"."order_line"."order_date_key" IS 'The day in Seoul on which it was ordered.';

COMMENT ON COLUMN "dw"."order_line"."order_time_key" IS 'The minute at which it was ordered.';

COMMENT ON COLUMN "dw"."order_line"."promised_date_key" IS 'The day for which delivery was promised.';

COMMENT ON COLUMN "dw"."order_line"."product_key" IS 'The product as it was listed when it was ordered.';

COMMENT ON COLUMN "dw"."order_line"."product_durable_key" IS 'The durable key of the product, the same for all its versions: for values as they are now, left join `product` on `product_durable_key` and `is_current`.';

COMMENT ON COLUMN "dw"."order_line"."store_key" IS 'The store that ordered.';

COMMENT ON COLUMN "dw"."order_line"."store_durable_key" IS 'The durable key of the store, the same for all its versions: for values as they are now, left join `store` on `store_durable_key` and `is_current`.';

COMMENT ON COLUMN "dw"."order_line"."seller_key" IS 'The seller that the order went to.';

COMMENT ON COLUMN "dw"."order_line"."seller_durable_key" IS 'The durable key of the seller, the same for all its versions: for values as they are now, left join `seller` on `seller_durable_key` and `is_current`.';

COMMENT ON COLUMN "dw"."order_line"."promotion_key" IS 'The deal under which it was sold.';

COMMENT ON COLUMN "dw"."order_line"."promotion_durable_key" IS 'The durable key of the promotion: join `promotion` by `promotion_durable_key`, which has one row per member.';

COMMENT ON COLUMN "dw"."order_line"."order_status_key" IS 'The order''s state today.';

COMMENT ON COLUMN "dw"."order_line"."order_status_durable_key" IS 'The durable key of the order_status: join `order_status` by `order_status_durable_key`, which has one row per member.';

COMMENT ON COLUMN "dw"."order_line"."loaded_batch" IS 'The batch that wrote the row last.';

-- payment: Every attempt to pay for an order, also those that failed. Grain: One row per attempt to pay..
CREATE TABLE IF NOT EXISTS "dw"."payment" (
  "payment_id" BIGINT NOT NULL,
  "order_id" BIGINT,
  "payment_status" VARCHAR,
  "paid_at" TIMESTAMP,
  "paid_at_utc" TIMESTAMP,
  "attempts" BIGINT,
  "paid_amount" DECIMAL(38,9),
  "payment_date_key" BIGINT NOT NULL,
  "payment_time_key" BIGINT NOT NULL,
  "payment_method_key" BIGINT NOT NULL,
  "payment_method_durable_key" BIGINT NOT NULL,
  "store_key" BIGINT NOT NULL,
  "store_durable_key" BIGINT NOT NULL,
  "loaded_batch" BIGINT
);

COMMENT ON COLUMN "dw"."payment"."payment_method_key" IS 'How the store tried to pay.';

COMMENT ON COLUMN "dw"."payment"."store_key" IS 'The store that pays.';

COMMENT ON COLUMN "dw"."payment"."store_durable_key" IS 'The durable key of the store, the same for all its versions: for values as they are now, left join `store` on `store_durable_key` and `is_current`.';

COMMENT ON COLUMN "dw"."promotion"."promotion_name" IS 'The name shown to stores.';

-- store: 주문하는 매장. A restaurant or shop that buys on the marketplace, as it was at the time.
CREATE TABLE IF NOT EXISTS "dw"."store" (
  "store_key" BIGINT NOT NULL,
  "store_durable_key" BIGINT NOT NULL,
  "store_id" BIGINT,
  "store_name" VARCHAR,
  "grade" VARCHAR,
  "region" VARCHAR,
  "is_open" VARCHAR,
  "business_type" VARCHAR,
  "phone" VARCHAR,
  "valid_from" TIMESTAMP NOT NULL,
  "valid_to" TIMESTAMP,
  "is_current" BOOLEAN NOT NULL,
  "is_deleted" BOOLEAN NOT NULL,
  "is_inferred" BOOLEAN NOT NULL,
  "loaded_batch" BIGINT
);

COMMENT ON TABLE "dw"."store" IS '주문하는 매장. A restaurant or shop that buys on the marketplace, as it was at the time.';

COMMENT ON COLUMN "dw"."store"."store_key" IS 'Surrogate key: join facts by it. Negative keys are reserved members.';

COMMENT ON COLUMN "dw"."store"."store_durable_key" IS 'Durable key: the same for every version of a member.';

COMMENT ON COLUMN "dw"."store"."store_name" IS 'The name on the store''s sign.';

COMMENT ON COLUMN "dw"."store"."grade" IS 'The store''s grade at the time: bronze, silver or gold.';

COMMENT ON COLUMN "dw"."store"."region" IS 'The region that the store is in.';

COMMENT ON COLUMN "dw"."store"."is_open" IS 'Whether the store still buys.';

COMMENT ON COLUMN "dw"."store"."business_type" IS 'The store''s trade.';

COMMENT ON COLUMN "dw"."store"."phone" IS 'The store''s latest telephone number.';

COMMENT ON COLUMN "dw"."store"."valid_from" IS 'The instant since which the version holds.';

COMMENT ON COLUMN "dw"."store"."valid_to" IS 'The instant until which it holds, itself outside.';

COMMENT ON COLUMN "dw"."store"."is_current" IS 'The version holds now.';

COMMENT ON COLUMN "dw"."store"."is_deleted" IS 'The member is deleted in its source.';

COMMENT ON COLUMN "dw"."store"."is_inferred" IS 'A fact named the member before its source did; its attributes are not known yet.';

COMMENT ON COLUMN "dw"."store"."loaded_batch" IS 'The batch that wrote the row last.';

INSERT INTO "dw"."store" ("store_key", "store_durable_key", "store_id", "store_name", "grade", "region", "is_open", "business_type", "phone", "valid_from", "valid_to", "is_current", "is_deleted", "is_inferred", "loaded_batch")
VALUES
  (-1, -1, NULL, 'Unknown', 'Unknown', 'Unknown', 'Unknown', 'Unknown', 'Unknown', TIMESTAMP '0001-01-01 00:00:00', TIMESTAMP '9999-12-31 00:00:00', TRUE, FALSE, FALSE, 0),
  (-2, -2, NULL, 'Not applicable', 'Not applicable', 'Not applicable', 'Not applicable', 'Not applicable', 'Not applicable', TIMESTAMP '0001-01-01 00:00:00', TIMESTAMP '9999-12-31 00:00:00', TRUE, FALSE, FALSE, 0),
  (-3, -3, NULL, 'Rejected', 'Rejected', 'Rejected', 'Rejected', 'Rejected', 'Rejected', TIMESTAMP '0001-01-01 00:00:00', TIMESTAMP '9999-12-31 00:00:00', TRUE, FALSE, FALSE, 0),
  (-4, -4, NULL, 'Not yet', 'Not yet', 'Not yet', 'Not yet', 'Not yet', 'Not yet', TIMESTAMP '0001-01-01 00:00:00', TIMESTAMP '9999-12-31 00:00:00', TRUE, FALSE, FALSE, 0);

-- store: Every state of the members of store, as its source gave it.
CREATE TABLE IF NOT EXISTS "dw_history"."store" (
  "store_id" BIGINT,
  "store_name" VARCHAR,
  "grade" VARCHAR,
  "region" VARCHAR,
  "is_open" BOOLEAN,
  "business_type" VARCHAR,
  "phone" VARCHAR,
  "_event_at" TIMESTAMP,
  "_event_sequence" BIGINT,
  "_batch" BIGINT,
  "_state" BIGINT,
  "_gone" BOOLEAN
);

COMMENT ON TABLE "dw_history"."store" IS 'Every state of the members of store, as its source gave it.';

-- shop.orders: Images of rows of shop.orders that models have yet to consume.
CREATE TABLE IF NOT EXISTS "dw_landing"."shop__orders__changes" (
  "order_id" BIGINT,
  "store_id" BIGINT,
  "seller_id" BIGINT,
  "ordered_at" TIMESTAMP,
  "promised_on" DATE,
  "status" VARCHAR,
  "updated_at" TIMESTAMP,
  "_batch" BIGINT,
  "_state" BIGINT,
  "_image" VARCHAR,
  "_at" TIMESTAMP,
  "_deleted" BOOLEAN
);

-- shop.orders: Every landed row of shop.orders, deleted ones among them.
CREATE TABLE IF NOT EXISTS "dw_landing"."shop__orders__rows" (
  "order_id" BIGINT,
  "store_id" BIGINT,
  "seller_id" BIGINT,
  "ordered_at" TIMESTAMP,
  "promised_on" DATE,
  "status" VARCHAR,
  "updated_at" TIMESTAMP,
  "_deleted" BOOLEAN,
  "_at" TIMESTAMP,
  "_batch" BIGINT,
  "_state" BIGINT
);

-- shop.stores: Images of rows of shop.stores that models have yet to consume.
CREATE TABLE IF NOT EXISTS "dw_landing"."shop__stores__changes" (
  "store_id" BIGINT,
  "store_name" VARCHAR,
  "grade" VARCHAR,
  "region" VARCHAR,
  "business_type" VARCHAR,
  "phone" VARCHAR,
  "is_open" BOOLEAN,
  "updated_at" TIMESTAMP,
  "_batch" BIGINT,
  "_state" BIGINT,
  "_image" VARCHAR,
  "_at" TIMESTAMP,
  "_deleted" BOOLEAN
);

COMMENT ON TABLE "dw_landing"."shop__stores__changes" IS 'Images of rows of shop.stores that models have yet to consume.';

COMMENT ON COLUMN "dw_landing"."shop__stores__changes"."grade" IS 'bronze, silver or gold, by what the store bought.';

-- shop.stores: Every landed row of shop.stores, deleted ones among them.
CREATE TABLE IF NOT EXISTS "dw_landing"."shop__stores__rows" (
  "store_id" BIGINT,
  "store_name" VARCHAR,
  "grade" VARCHAR,
  "region" VARCHAR,
  "business_type" VARCHAR,
  "phone" VARCHAR,
  "is_open" BOOLEAN,
  "updated_at" TIMESTAMP,
  "_deleted" BOOLEAN,
  "_at" TIMESTAMP,
  "_batch" BIGINT,
  "_state" BIGINT
);

COMMENT ON TABLE "dw_landing"."shop__stores__rows" IS 'Every landed row of shop.stores, deleted ones among them.';

COMMENT ON COLUMN "dw_landing"."shop__stores__rows"."grade" IS 'bronze, silver or gold, by what the store bought.';

-- Live rows of shop.orders.
CREATE OR REPLACE VIEW "dw_landing"."shop__orders" AS
SELECT "order_id", "store_id", "seller_id", "ordered_at", "promised_on", "status", "updated_at" FROM "dw_landing"."shop__orders__rows" WHERE NOT _deleted;

-- Live rows of shop.stores.
CREATE OR REPLACE VIEW "dw_landing"."shop__stores" AS
SELECT "store_id", "store_name", "grade", "region", "business_type", "phone", "is_open", "updated_at" FROM "dw_landing"."shop__stores__rows" WHERE NOT _deleted;

