// Takes the pictures of the status page for docs/: a service that is well, one in trouble, and that one on a
// phone. Needs Debian's Chromium.
//   node_modules/.bin/node scripts/screenshots.mjs

import { join } from 'node:path'
import { desk, openBrowser, openPage, phone } from '../test/support/browser.ts'
import { sceneMetrics, troubledScene, wellScene } from '../test/support/page-scenes.ts'
import { startWebService } from '../test/support/web-service.ts'
import { main, root } from './lib/steps.mjs'

const pictures = [
  { name: 'well', scene: wellScene, screen: { viewport: desk, colorScheme: 'light' } },
  { name: 'trouble', scene: troubledScene, screen: { viewport: desk, colorScheme: 'dark' } },
  { name: 'phone', scene: troubledScene, screen: { viewport: phone, colorScheme: 'light' } },
]

await main(async () => {
  const browser = await openBrowser()
  try {
    for (const picture of pictures) await take(browser, picture)
    return 0
  } finally {
    await browser.close()
  }
})

async function take(browser, { name, scene, screen }) {
  const { web, tell } = await startWebService({ metrics: sceneMetrics })
  tell(scene(Date.now()))
  const { page } = await openPage(browser, web.address, screen)
  await page.locator('h1').waitFor()
  if (screen.viewport === desk) await page.getByText('Latest rows').nth(1).click()
  await page.screenshot({ path: join(root, 'docs', 'images', `page-${name}.png`) })
  await page.context().close()
  await web.close()
}
