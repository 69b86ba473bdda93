/** The sagas for whoever runs the service: where each stands, what is stuck, and one more try. No route of the proxy leads here. */
import type { Hono } from 'hono';
import { ApiError } from '../shared/answer.ts';
import { rowNumber } from '../shared/app.ts';
import type { Orchestrator } from './saga/orchestrator.ts';
import { type StoredSaga, sagaFilters } from './saga/store.ts';

const defaultLimit = 100;

export function sagaPaths(app: Hono, { sagas, hear }: Orchestrator): void {
  app.get('/sagas', (c) => {
    const wished = c.req.query('state') ?? 'all';
    const filter = sagaFilters.find((known) => known === wished);
    if (filter === undefined) throw new ApiError(400, 'bad_query', `state has to be one of ${sagaFilters.join(', ')}.`);
    return c.json({ sagas: sagas.list(filter, defaultLimit).map(told), total: sagas.count(filter) });
  });

  const found = (text: string): StoredSaga => {
    const saga = sagas.byId(rowNumber(text));
    if (saga === undefined) throw new ApiError(404, 'not_found', `There is no saga ${text}.`);
    return saga;
  };
  app.get('/sagas/:id', (c) => {
    const saga = found(c.req.param('id'));
    return c.json({ ...told(saga), log: sagas.log(saga.id) });
  });
  app.post('/sagas/:id/retry', (c) => {
    const { id, state, stuck } = found(c.req.param('id'));
    if (!hear(id, 'retry'))
      throw new ApiError(409, 'not_stuck', `Saga ${id} is ${state}${stuck ? '' : ', not stuck'}.`);
    return c.json(told(found(String(id))), 202);
  });
}

const told = ({ deadline, ...saga }: StoredSaga) => ({
  ...saga,
  deadline: deadline === null ? null : new Date(deadline).toISOString(),
});
