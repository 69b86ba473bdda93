/** A history limit that every state understands alike: SQLite takes a negative one for "no limit". */
export function pageSize(limit: number): number {
  return limit > 0 ? Math.min(Math.trunc(limit), Number.MAX_SAFE_INTEGER) : 0;
}
