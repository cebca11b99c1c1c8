// What breaks around driver hosts and logins: the ladder of a call that hangs, and the gate of a refused
// login.

import { mutantsOf } from './mutant.ts'

export const mutantsOfHosts = [
  ...mutantsOf('supervisor/host-pool.ts', 'supervisor/host-pool.test.ts', [
    {
      breaks: 'bears a fifth call that was left behind',
      from: 'maxAbandonedCalls = 4',
      to: 'maxAbandonedCalls = 5',
    },
    {
      breaks: 'leaves a metric on the host that its call hurts',
      from: "return this.#isolated.has(metric) ? 'isolation' : 'main'",
      to: "return this.#isolated.size > 1000 ? 'isolation' : 'main'",
    },
    {
      breaks: 'ends the isolation host while another metric is on it',
      from: "if (this.#isolated.size === 0) this.#keeping.get('isolation')?.abort()",
      to: "this.#keeping.get('isolation')?.abort()",
    },
    {
      breaks: 'moves a metric whose host was killed',
      from: 'if (hostId === this.#crashedHostId && !this',
      to: 'if (!this',
    },
    {
      breaks: 'judges a host before its end is known',
      from: 'await this.#aliveHost(hostId)?.lost\n',
      to: '',
    },
    {
      breaks: 'replaces hosts that crash again and again without a wait',
      from: 'failures < 2 ? 0 :',
      to: 'failures < 200 ? 0 :',
    },
  ]),
  ...mutantsOf('worker/host-book.ts', 'worker/host-book.test.ts', [
    {
      breaks: 'goes back to the main host after nine clean runs',
      from: 'cleanRunsToReturn = 10',
      to: 'cleanRunsToReturn = 9',
    },
    {
      breaks: 'begins a run on a host where a call was left behind',
      from: 'if (this.#address?.hostId === hostId) this.#address = undefined\n    this.#post({',
      to: 'this.#post({',
    },
  ]),
  ...mutantsOf('supervisor/login-gate.ts', 'supervisor/login-gate.test.ts', [
    {
      rule: 'S-10',
      breaks: 'tries a refused login again within a minute',
      from: 'Math.max(loginBackoff.firstMs, backoffMs(loginBackoff, failures, random()))',
      to: 'backoffMs(loginBackoff, failures, random())',
    },
    {
      rule: 'S-10',
      breaks: 'has a probe for each worker that was refused',
      from: 'if (this.#isClosed) return\n',
      to: '',
    },
  ]),
]
