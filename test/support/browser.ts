// Debian's Chromium, as a person has it in front of them. Without a sandbox only as root, who has none.

import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const root = 0

export function openBrowser(): Promise<Browser> {
  const isRoot = process.getuid?.() === root
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: isRoot ? ['--no-sandbox'] : [] })
}

export type Screen = Pick<BrowserContextOptions, 'viewport' | 'colorScheme' | 'httpCredentials'>

export const phone = { width: 390, height: 844 }
export const desk = { width: 1440, height: 900 }

export type Opened = { readonly page: Page; readonly faults: string[] }

/** A page of its own, and what its console and its scripts complain of. */
export async function openPage(browser: Browser, address: string, screen: Screen = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: desk, ...screen })
  const page = await context.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  await page.goto(address)
  return { page, faults }
}
