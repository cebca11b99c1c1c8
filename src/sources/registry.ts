// The kinds of sources, one line each, loaded when a worker needs one.

export const sources = {
  sql: () => import('./sql/source.ts'),
}
