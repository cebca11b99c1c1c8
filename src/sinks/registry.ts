// The kinds of sinks, one line each. Both halves are loaded on demand: a worker thread takes the codec alone,
// and so never pays for an HTTP client; the main thread takes what creates the sink.

export const sinks = {
  loki: {
    codec: async () => (await import('./loki/codec.ts')).lokiCodec,
    create: async () => (await import('./loki/sink.ts')).createLokiSink,
    /** The labels in a stream's text. */
    labelsOf: async () => (await import('./loki/stream-labels.ts')).labelsOfStream,
    /** The limits that what is sent could meet, for `check`. */
    limits: async () => (await import('./loki/limits.ts')).askLokiLimits,
    /** What it shows of a stream, for `spool verify`. */
    view: async () => (await import('./loki/view.ts')).createLokiView,
  },
} as const
