import type { Database } from 'better-sqlite3';

export interface Product {
  readonly id: number;
  readonly sku: string;
  readonly slug: string;
  readonly name: string;
  readonly category: string;
  readonly description: string;
  readonly price: number;
  readonly tags: readonly string[];
  readonly version: number;
}

type Row = Omit<Product, 'tags'> & { readonly tags: string };

const columns = 'id, sku, slug, name, category, description, price, tags, version';
const fromRow = (row: Row): Product => ({ ...row, tags: JSON.parse(row.tags) as string[] });

export interface ProductQuery {
  readonly category?: string | undefined;
  /** Part of a name, in any case. */
  readonly text?: string | undefined;
}

export type Products = ReturnType<typeof productStore>;

export function productStore(db: Database) {
  const bySku = db.prepare<[string], Row>(`SELECT ${columns} FROM products WHERE sku = ?`);
  const bySlug = db.prepare<[string], Row>(`SELECT ${columns} FROM products WHERE slug = ?`);
  const byId = db.prepare<[number], Row>(`SELECT ${columns} FROM products WHERE id = ?`);
  const search = db.prepare<[{ category: string | null; text: string }], Row>(`
    SELECT ${columns} FROM products
    WHERE (@category IS NULL OR category = @category) AND instr(lower(name), lower(@text)) > 0
    ORDER BY id`);
  const categories = db.prepare<[], { category: string }>(
    'SELECT category FROM products GROUP BY category ORDER BY MIN(id)',
  );
  const found = (row: Row | undefined): Product | undefined => row && fromRow(row);

  return {
    bySku: (sku: string) => found(bySku.get(sku)),
    bySlug: (slug: string) => found(bySlug.get(slug)),
    byId: (id: number) => found(byId.get(id)),
    search: ({ category, text }: ProductQuery): Product[] =>
      search.all({ category: category ?? null, text: text ?? '' }).map(fromRow),
    categories: (): string[] => categories.all().map(({ category }) => category),
  };
}
