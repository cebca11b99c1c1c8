// Grafana's provisioning files, the shipped ones with the Loki and the folder of one configuration in them.
// No secret is written: Grafana takes it from its own environment.

import { parseDocument } from 'yaml'
import type { LokiConfig } from '../sinks/loki/config.ts'
import type { Scope } from './scope.ts'

export function fittedDataSource(text: string, loki: LokiConfig): string {
  const document = parseDocument(text)
  const path = ['datasources', 0]
  // A data source of a taken name would be replaced.
  document.setIn([...path, 'name'], 'Loki of rowtail')
  document.setIn([...path, 'uid'], 'rowtail-loki')
  document.setIn([...path, 'url'], literal(loki.endpoint.readyUrl.replace(/\/ready$/, '')))
  for (const [name, value] of Object.entries(accessOf(loki))) {
    document.setIn([...path, ...name.split('.')], value)
  }
  return document.toString({ lineWidth: 120 })
}

/** `directory` is where the dashboards lie for Grafana. */
export function fittedProvider(text: string, directory: string, { name }: Scope): string {
  const document = parseDocument(text)
  const path = ['providers', 0]
  document.setIn([...path, 'name'], `rowtail ${name}`)
  document.setIn([...path, 'options', 'path'], literal(directory))
  return document.toString({ lineWidth: 120 })
}

/** Grafana's keys for tenant, login and certificates. A header's value is a secret to it, whatever it is. */
function accessOf({ tenant, login, tls }: LokiConfig): Record<string, string | boolean> {
  const header = (number: number, name: string, value: string) => ({
    [`jsonData.httpHeaderName${number}`]: name,
    [`secureJsonData.httpHeaderValue${number}`]: value,
  })
  return {
    ...(tenant === undefined ? {} : header(1, 'X-Scope-OrgID', literal(tenant))),
    ...(login.kind === 'bearer' ? header(2, 'Authorization', 'Bearer $__env{ROWTAIL_LOKI_TOKEN}') : {}),
    ...(login.kind === 'basic'
      ? {
          basicAuth: true,
          basicAuthUser: literal(login.user),
          'secureJsonData.basicAuthPassword': '$__env{ROWTAIL_LOKI_PASSWORD}',
        }
      : {}),
    ...(tls.ca === undefined
      ? {}
      : {
          'jsonData.tlsAuthWithCACert': true,
          'secureJsonData.tlsCACert': '$__file{/etc/grafana/loki-ca.pem}',
        }),
    ...(tls.cert === undefined
      ? {}
      : {
          'jsonData.tlsAuth': true,
          'secureJsonData.tlsClientCert': '$__file{/etc/grafana/loki-client.pem}',
          'secureJsonData.tlsClientKey': '$__file{/etc/grafana/loki-client-key.pem}',
        }),
  }
}

/** Grafana replaces what follows a `$` in these files. */
function literal(text: string): string {
  return text.replaceAll('$', '$$$$')
}
