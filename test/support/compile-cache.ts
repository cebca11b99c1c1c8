// Where the Node processes that tests start keep what they compiled, for the next one: most tests start some,
// and a start from a warm cache takes half to two thirds of the CPU.

import os from 'node:os'
import path from 'node:path'

export const compileCache = { NODE_COMPILE_CACHE: path.join(os.tmpdir(), 'rowtail-compile-cache') }
