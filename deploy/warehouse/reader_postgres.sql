-- A role for BI tools that sees the views of the warehouse and nothing else: no raw rows, no
-- addresses or telephone numbers (v_users_value shows nicknames: leave it out if that is too
-- much). Run it in the warehouse's database as its owner or a superuser:
--   psql --host=db.example.com --username=postgres --dbname=warehouse --file=reader_postgres.sql
-- Change the password first.
-- 供 BI 工具使用的只读角色：只能查询数仓的视图。请先修改密码，再以所有者或超级用户在数仓数据库中执行。
CREATE ROLE bi_reader LOGIN PASSWORD 'change-this-password';
ALTER ROLE bi_reader SET default_transaction_read_only = on;
ALTER ROLE bi_reader SET statement_timeout = '60s';
GRANT USAGE ON SCHEMA public TO bi_reader;
GRANT SELECT ON v_orders, v_orders_daily, v_orders_by_channel, v_refunds_daily, v_after_sales_daily,
  v_products_rank, v_products_daily, v_users_value, v_users_cohort, v_users_daily, v_live_sessions,
  v_benefits_daily, v_order_products TO bi_reader;
