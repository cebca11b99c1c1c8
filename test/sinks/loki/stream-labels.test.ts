import { expect, it } from 'vitest'
import { lokiCodec } from '../../../src/sinks/loki/codec.ts'
import { labelsOfStream } from '../../../src/sinks/loki/stream-labels.ts'

it.each([
  [{}],
  [{ job: 'locks' }],
  [
    {
      database: 'a "quoted" \\ back',
      host: 'two\nlines',
      job: ', x="y',
      name: 'tab\tand\u007f',
      umlaut: 'ä😀',
    },
  ],
])('the labels of a stream are read back from its text: %j', (labels) => {
  expect(labelsOfStream(lokiCodec.streamOf(labels))).toEqual(labels)
})
