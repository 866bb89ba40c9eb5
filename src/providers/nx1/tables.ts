/** The tables of the data platform that the crews work on. */
export const TABLES = [
  'lakehouse.sales.orders',
  'lakehouse.sales.order_items',
  'lakehouse.sales.customers',
  'lakehouse.finance.invoices',
  'lakehouse.finance.payments',
  'lakehouse.logistics.shipments',
  'lakehouse.logistics.inventory_daily',
  'lakehouse.marketing.campaigns',
  'lakehouse.marketing.web_sessions',
  'lakehouse.support.tickets',
  'postgres_crm.public.accounts',
  'postgres_crm.public.contacts',
]
