import { describe, expect, it } from 'vitest'
import { endpointOf, type LokiConfig } from '../../../src/sinks/loki/config.ts'
import { askLokiLimits, defaultLokiLimits, limitsIn } from '../../../src/sinks/loki/limits.ts'
import { serveHttp } from '../../support/http-server.ts'

const signal = new AbortController().signal

function configOf(baseUrl: string): LokiConfig {
  return { endpoint: endpointOf(baseUrl), login: { kind: 'none' }, tls: {}, sendsMetadata: true }
}

const yaml = `server:
  max_line_size: 1KB
limits_config:
  ingestion_rate_mb: 0.5
  max_line_size: 64KB
  max_global_streams_per_user: 0
  max_streams_per_user: 100
  per_stream_rate_limit: 3MB
  otlp_config:
    resource_attributes:
      max_label_name_length: 1
  max_label_name_length: 512
  allow_structured_metadata: false
frontend:
  max_label_names_per_series: 2
`

describe('the limits in a configuration', () => {
  it('are those of its limits_config, in bytes, and the default where one is missing', () => {
    expect(limitsIn(yaml)).toEqual({
      source: 'config',
      lineBytes: 65_536,
      tenantBytesPerSecond: 524_288,
      streamBytesPerSecond: 3 * 1_024 * 1_024,
      streams: 100,
      labels: 15,
      labelNameBytes: 512,
      labelValueBytes: 2_048,
      takesMetadata: false,
    })
  })

  it('are none where they are 0', () => {
    expect(limitsIn('limits_config:\n  max_line_size: 0B\n').lineBytes).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('a Loki', () => {
  it('is asked below its base address', async () => {
    const asked: unknown[] = []
    const { baseUrl } = await serveHttp((request, response) => {
      asked.push(request.url)
      response.end(yaml)
    })
    const limits = await askLokiLimits(configOf(`${baseUrl}/eu`), signal)
    expect(limits).toMatchObject({ source: 'config', lineBytes: 65_536 })
    expect(asked).toEqual(['/eu/config'])
  })

  it.each([
    ['does not pass it on', 404, 'not found'],
    ['answers with a page', 200, '<html>sign in</html>'],
  ])('that %s has the defaults', async (_, status, body) => {
    const { baseUrl } = await serveHttp((_request, response) => response.writeHead(status).end(body))
    expect(await askLokiLimits(configOf(baseUrl), signal)).toEqual(defaultLokiLimits)
  })

  it('that is away has the defaults', async () => {
    expect(await askLokiLimits(configOf('http://127.0.0.1:1'), signal)).toEqual(defaultLokiLimits)
  })
})
