-- A user for BI tools that sees the views of the warehouse and nothing else: no raw rows, no
-- addresses or telephone numbers (v_users_value shows nicknames: leave it out if that is too
-- much). Run it in the warehouse's database as a user who may create users:
--   mysql --host=db.example.com --user=root --password warehouse < reader_mysql.sql
-- Change the password first, and '%' to the host of the BI tool if there is only one.
-- 供 BI 工具使用的只读用户：只能查询数仓的视图。请先修改密码，再以可创建用户的账号在数仓数据库中执行。
CREATE USER 'bi_reader'@'%' IDENTIFIED BY 'change-this-password';
GRANT SELECT ON v_orders TO 'bi_reader'@'%';
GRANT SELECT ON v_orders_daily TO 'bi_reader'@'%';
GRANT SELECT ON v_orders_by_channel TO 'bi_reader'@'%';
GRANT SELECT ON v_refunds_daily TO 'bi_reader'@'%';
GRANT SELECT ON v_after_sales_daily TO 'bi_reader'@'%';
GRANT SELECT ON v_products_rank TO 'bi_reader'@'%';
GRANT SELECT ON v_products_daily TO 'bi_reader'@'%';
GRANT SELECT ON v_users_value TO 'bi_reader'@'%';
GRANT SELECT ON v_users_cohort TO 'bi_reader'@'%';
GRANT SELECT ON v_users_daily TO 'bi_reader'@'%';
GRANT SELECT ON v_live_sessions TO 'bi_reader'@'%';
GRANT SELECT ON v_benefits_daily TO 'bi_reader'@'%';
GRANT SELECT ON v_order_products TO 'bi_reader'@'%';
