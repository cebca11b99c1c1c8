// The layers of src/: imports point down only, parts of one layer do not know each other, plugins know no
// plugin, and the native packages stay where a crash of theirs is survived.

import { type Fault, faultAt, requestsOf, type SourceFile } from './source-file.ts'

/** Lowest first. A part is a folder or a file of src/. */
const layers: readonly (readonly string[])[] = [
  ['core'],
  ['kit'],
  ['sources', 'sinks'],
  ['config', 'spool'],
  ['worker'],
  ['startup', 'supervisor', 'shipper', 'web', 'demo', 'dashboards'],
  ['app.ts'],
  ['cli', 'main.ts'],
]
const topLayer = layers.length - 1

const nativePackages = new Set(['odbc', 'koffi'])
const nativeFolder = 'src/sources/sql/driver-host/drivers/'

export function layerFaults(files: readonly SourceFile[]): Fault[] {
  return files.flatMap((file) => {
    const from = partOf(file.path)
    const layer = layerOf(from)
    if (layer === undefined) return [faultAt(file, 1, `src/${from} has no place among the layers`)]
    return requestsOf(file).flatMap(({ line, target }) => {
      if (target === undefined) return []
      if (!target.startsWith('src/')) return [faultAt(file, line, `${target} lies outside src/`)]
      const to = partOf(target)
      const lower = layerOf(to)
      const isAllowed =
        from === to || (lower !== undefined && (lower < layer || (lower === layer && layer === topLayer)))
      return isAllowed ? [] : [faultAt(file, line, `src/${from} must not import src/${to}`)]
    })
  })
}

/**
 * A plugin is a folder of sources/ or sinks/. Registries beside them name plugins; plugins do not see those.
 */
export function pluginFaults(files: readonly SourceFile[]): Fault[] {
  return files.flatMap((file) => {
    const plugin = pluginOf(file.path)
    if (plugin === undefined) return []
    return requestsOf(file).flatMap(({ line, target }) => {
      const isForeign =
        target !== undefined && /^src\/(sources|sinks)\//.test(target) && pluginOf(target) !== plugin
      return isForeign ? [faultAt(file, line, `the plugin ${plugin} must not import ${target}`)] : []
    })
  })
}

/** Also type-only imports: the contract of the drivers is the only way to speak of them. */
export function nativePackageFaults(files: readonly SourceFile[]): Fault[] {
  return files
    .filter(({ path }) => !path.startsWith(nativeFolder))
    .flatMap((file) =>
      requestsOf(file)
        .filter(({ specifier }) => nativePackages.has(specifier.split('/')[0] ?? ''))
        .map(({ line, specifier }) =>
          faultAt(file, line, `${specifier} is imported only below ${nativeFolder}`),
        ),
    )
}

function partOf(path: string): string {
  return path.split('/')[1] ?? ''
}

function layerOf(part: string): number | undefined {
  const index = layers.findIndex((parts) => parts.includes(part))
  return index === -1 ? undefined : index
}

function pluginOf(path: string): string | undefined {
  return /^src\/(?:sources|sinks)\/[^/]+(?=\/)/.exec(path)?.[0]
}
