// Node's HTTP modules for the main thread, without what an import of them brings along: `import 'node:http'`
// reads every getter of the module, one of which loads undici, Node's fetch. Measured with Node 26: 7 MB and
// 100 ms against 1 MB and 5 ms (docs/decisions/0008-memory.md).

export const http = process.getBuiltinModule('node:http')

/** Only where an address asks for it: TLS is 2 MB more. */
export const loadHttps = () => process.getBuiltinModule('node:https')
