import type { Database } from 'better-sqlite3';
import { totals } from '../money.ts';
import { articles, customerNames, emailOf, orderTags, productTags, warehouses } from './catalog.ts';
import { hashPassword } from './passwords.ts';
import { type Dice, seededDice } from './random.ts';

export const demoPassword = 'password';

const firstOrderAt = Date.UTC(2025, 0, 2, 9, 30);
export const seededOrders = 200;
const hour = 3_600_000;

/** Fills an empty shop: always with the same products, customers, orders and payments. */
export function seed(db: Database): void {
  const dice = seededDice(19_930_401);
  db.transaction(() => {
    seedProducts(db, dice);
    seedCustomers(db);
    seedOrders(db, dice);
  })();
}

function seedProducts(db: Database, dice: Dice): void {
  const addProduct = db.prepare(`
    INSERT INTO products (sku, slug, name, category, description, price, tags, updated_at)
    VALUES (@sku, @slug, @name, @category, @description, @price, @tags, @at)`);
  const addStock = db.prepare(`
    INSERT INTO inventory (sku, on_hand, reorder_point, locations, updated_at)
    VALUES (@sku, @onHand, @reorderPoint, @locations, @at)`);
  const at = new Date(firstOrderAt).toISOString();
  for (const article of articles) {
    const { sku, name, category } = article;
    const description = `${name} from our ${category} shelf: plain, sturdy, and mended free of charge for ten years.`;
    const tags = JSON.stringify(dice.sample(productTags, dice.between(2, 4)));
    addProduct.run({ ...article, description, tags, at });
    const locations = JSON.stringify(dice.sample(warehouses, dice.between(1, 3)));
    addStock.run({ sku, onHand: dice.between(20, 400), reorderPoint: dice.between(5, 20), locations, at });
  }
}

function seedCustomers(db: Database): void {
  const add = db.prepare('INSERT INTO customers (name, email, password_salt, password_hash) VALUES (?, ?, ?, ?)');
  customerNames.forEach((name, index) => {
    const { salt, hash } = hashPassword(demoPassword, `customer-${index + 1}`);
    add.run(name, emailOf(name), salt, hash);
  });
}

function seedOrders(db: Database, dice: Dice): void {
  const addOrder = db.prepare(`
    INSERT INTO orders (customer_id, status, subtotal, shipping, tax, total, tags, created_at, updated_at)
    VALUES (@customer, @status, @subtotal, @shipping, @tax, @total, @tags, @createdAt, @updatedAt)`);
  const addItem = db.prepare(`
    INSERT INTO order_items (order_id, position, sku, name, price, quantity)
    VALUES (@order, @position, @sku, @name, @price, @quantity)`);
  const addPayment = db.prepare(`
    INSERT INTO payments (order_id, method, card_last4, amount, status, created_at, updated_at)
    VALUES (@order, @method, @last4, @amount, @status, @createdAt, @updatedAt)`);

  for (let number = 0; number < seededOrders; number += 1) {
    const lines = dice
      .sample(articles, dice.between(1, 4))
      .map((article) => ({ ...article, quantity: dice.between(1, 3) }));
    const sums = totals(lines);
    const status = dice.pick(['pending', 'paid', 'shipped', 'delivered', 'delivered', 'delivered', 'cancelled']);
    const placed = firstOrderAt + number * 37 * hour + dice.between(0, 59) * 60_000;
    const createdAt = new Date(placed).toISOString();
    const updatedAt = new Date(placed + dice.between(1, 96) * hour).toISOString();
    const tags = JSON.stringify(dice.sample(orderTags, dice.between(1, 4)));
    const customer = dice.between(1, customerNames.length);
    const order = addOrder.run({ customer, status, ...sums, tags, createdAt, updatedAt }).lastInsertRowid;
    lines.forEach((line, position) => {
      addItem.run({ order, position, ...line });
    });
    if (status === 'pending') continue;
    const method = dice.pick(['card', 'card', 'invoice']);
    const last4 = method === 'card' ? String(dice.between(1000, 9999)) : null;
    const paid = status === 'cancelled' ? 'refunded' : 'captured';
    addPayment.run({ order, method, last4, amount: sums.total, status: paid, createdAt, updatedAt });
  }
}
