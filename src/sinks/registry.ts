// The kinds of sinks, one line each. Both halves are loaded on demand: a worker thread takes the codec alone, and so
// never pays for an HTTP client; the main thread takes the sink.

export const sinks = {
  loki: { codec: () => import('./loki/codec.ts'), sink: () => import('./loki/sink.ts') },
} as const

export type SinkKind = keyof typeof sinks
