// The sink's contract over the fake Loki, which is the demo's receiver, in memory and on disk, and over the
// real one.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeLoki } from '../support/fake-loki.ts'
import { type LokiConfig, LokiServer } from '../support/servers/loki.ts'
import { sharedLoki } from '../support/servers/shared.ts'
import { describeSink } from './sink.contract.ts'
import type { LokiSubject, LokiVariant } from './sink-subject.ts'

describeSink('the fake Loki', async ({ isAuthOn = false, ...limits }) => FakeLoki.start({ isAuthOn, limits }))

describeSink('the receiver on disk', async ({ isAuthOn = false, ...limits }) => {
  const directory = mkdtempSync(join(tmpdir(), 'rowtail-receiver-'))
  const loki = await FakeLoki.start({ isAuthOn, limits, file: join(directory, 'loki.sqlite') })
  const stop = async () => {
    await loki.stop()
    rmSync(directory, { recursive: true })
  }
  return { baseUrl: loki.baseUrl, stop }
})

describeSink('the real Loki', startReal)

async function startReal(variant: LokiVariant): Promise<LokiSubject> {
  if (Object.keys(variant).length === 0) return { baseUrl: sharedLoki().baseUrl, stop: async () => {} }
  const server = await LokiServer.start({ overrides: overridesOf(variant) })
  return { baseUrl: server.baseUrl, stop: () => server.remove() }
}

function overridesOf(variant: LokiVariant): LokiConfig {
  const { streamBytesPerSecond, streamBurstBytes } = variant
  const limits = {
    ...(variant.allowsStructuredMetadata === false && { allow_structured_metadata: false }),
    ...(variant.maxStreams !== undefined && { max_global_streams_per_user: variant.maxStreams }),
    ...(streamBytesPerSecond !== undefined && { per_stream_rate_limit: `${streamBytesPerSecond}B` }),
    ...(streamBurstBytes !== undefined && { per_stream_rate_limit_burst: `${streamBurstBytes}B` }),
    ...(variant.blockedStatus !== undefined && {
      block_ingestion_until: '2199-01-01T00:00:00Z',
      block_ingestion_status_code: variant.blockedStatus,
    }),
  }
  return {
    limits_config: limits,
    ...(variant.isAuthOn === true && { auth_enabled: true }),
    ...(variant.maxBodyBytes !== undefined && { distributor: { max_recv_msg_size: variant.maxBodyBytes } }),
  }
}
