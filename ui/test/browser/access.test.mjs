// Signing in, the access screen, and a promotion by two people, each in a browser of their own.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Client, openPage, screenshots, seriousFindings, settled, startBrowser, startServer } from './stage.mjs'

const OWN = '/api/millwright/v1'
const ANN = { name: 'ann', password: 'correct horse' }
const BOB = { name: 'bob', password: 'battery staple' }
const VERA = { name: 'vera', password: 'quiet viewer' }
let server, token, client, browser, admin

before(async () => {
  server = await startServer(['--set', 'server.authentication=on'])
  token = server.token
  client = new Client(server.url, token)
  browser = await startBrowser()
  admin = await openPage(browser)
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

const go = ({ page }, path) => page.goto(`${server.url}/ui${path}`)
const main = ({ page }) => page.locator('main')
const dialog = ({ page }) => page.getByRole('dialog')
const said = ({ page }, text) => page.getByRole('status').locator('> div').filter({ hasText: text })
const row = ({ page }, name) => page.getByRole('grid').getByRole('row').filter({ hasText: name })

/** Nothing went wrong in the page but for these answers. */
function noErrors(stage, ...statuses) {
  const unexpected = stage.errors.filter((error) => !statuses.some((status) => error.includes(`status of ${status}`)))
  stage.errors.length = 0
  assert.deepEqual(unexpected, [])
}

async function signIn(stage, { name, password }) {
  const { page } = stage
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Somebody in a browser of their own, on a page. */
async function personAt(who, path) {
  const stage = await openPage(browser)
  await go(stage, path)
  await signIn(stage, who)
  await stage.page.getByRole('button', { name: `Account of ${who.name}` }).waitFor()
  noErrors(stage, 4)
  return stage
}

test('whoever is not signed in is led to the page for it, and back to where they were', async () => {
  const { page } = admin
  await go(admin, '/models?q=churn')
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  assert.equal(new URL(page.url()).searchParams.get('return'), '/ui/models?q=churn')
  assert.deepEqual(await seriousFindings(page), [])
  await page.screenshot({ path: join(screenshots, 'sign-in.png') })

  await signIn(admin, { name: 'admin', password: 'wrong password' })
  await page.getByRole('alert').filter({ hasText: 'The name or the password is wrong.' }).waitFor()
  assert.deepEqual(await seriousFindings(page), [])
  await page.screenshot({ path: join(screenshots, 'sign-in-wrong.png') })

  await page.getByRole('link', { name: 'Use a token instead' }).click()
  await page.getByLabel('Token').fill('mw_nonsense')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').filter({ hasText: 'This token does not count' }).waitFor()
  await page.getByLabel('Token').fill(token)
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/ui\/models\?q=churn$/)
  await page.getByRole('button', { name: 'Account of admin' }).waitFor()
  noErrors(admin, 401)

  const elsewhere = await openPage(browser)
  await elsewhere.page.goto(`${server.url}/ui/sign-in?return=//evil.example/`)
  await elsewhere.page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await elsewhere.page.getByRole('link', { name: 'Use a token instead' }).click()
  await elsewhere.page.getByLabel('Token').fill(token)
  await elsewhere.page.keyboard.press('Enter')
  await elsewhere.page.waitForURL(/\/ui\/$/)
  assert.equal(new URL(elsewhere.page.url()).origin, new URL(server.url).origin)
  await elsewhere.close()
})

test('an administrator makes users, a group and grants, and takes them away again', async () => {
  const { page } = admin
  await page.keyboard.press('Control+k')
  await page.getByPlaceholder('Find an experiment').fill('access')
  await page.getByRole('option', { name: 'Go to Access' }).click()
  await row(admin, 'admin').waitFor()
  for (const { name, password } of [ANN, BOB, VERA]) {
    await page.getByRole('button', { name: 'New user' }).click()
    await dialog(admin).getByLabel('Name').fill(name)
    await dialog(admin).getByLabel('Password').fill(password)
    if (name !== 'ann') await dialog(admin).getByLabel(/^Role/).selectOption(name === 'bob' ? 'approver' : 'viewer')
    await dialog(admin).getByRole('button', { name: 'Create' }).click()
    await row(admin, name).waitFor()
  }
  // What the server refuses is told where it was typed.
  await page.getByRole('button', { name: 'New user' }).click()
  await dialog(admin).getByLabel('Name').fill('ann')
  await dialog(admin).getByRole('button', { name: 'Create' }).click()
  await dialog(admin).getByRole('alert').filter({ hasText: 'already exists' }).waitFor()
  await page.keyboard.press('Escape')
  noErrors(admin, 400, 409)

  await page.getByRole('link', { name: 'Grants', exact: true }).click()
  await page.getByRole('button', { name: 'Grant or deny' }).click()
  await dialog(admin).getByLabel('Who', { exact: true }).fill('user:ann')
  await dialog(admin).getByLabel('Role', { exact: true }).selectOption('contributor')
  await dialog(admin).getByRole('button', { name: 'Grant', exact: true }).click()
  await row(admin, 'ann').filter({ hasText: 'contributor' }).waitFor()
  await said(admin, /^ann contributor on/).getByRole('button', { name: 'Undo' }).waitFor()

  // What is granted twice was so before, and Undo does not take it away.
  await page.getByRole('button', { name: 'Grant or deny' }).click()
  await dialog(admin).getByLabel('Who', { exact: true }).fill('user:vera')
  await dialog(admin).getByRole('button', { name: 'Grant', exact: true }).click()
  const again = said(admin, /^It was so before: vera viewer on/)
  await again.waitFor()
  assert.equal(await again.getByRole('button', { name: 'Undo' }).count(), 0)

  await page.getByRole('link', { name: 'Groups', exact: true }).click()
  await page.getByRole('button', { name: 'New group' }).click()
  await dialog(admin).getByLabel('Name').fill('risk')
  await dialog(admin).getByRole('button', { name: 'Create' }).click()
  await page.getByRole('button', { name: 'Take somebody in' }).click()
  await dialog(admin).getByLabel('User or service account').fill('ann')
  await dialog(admin).getByRole('button', { name: 'Take in' }).click()
  await page.getByRole('button', { name: 'Put ann out of risk' }).click()
  await main(admin).getByText('Nobody is in it yet.').waitFor()
  await page.getByRole('button', { name: 'Undo' }).last().click()
  await page.getByRole('button', { name: 'Put ann out of risk' }).waitFor()
  await page.getByRole('button', { name: 'Take somebody in' }).click()
  await dialog(admin).getByLabel('User or service account').fill('ann')
  await dialog(admin).getByRole('button', { name: 'Take in' }).click()
  const member = said(admin, 'ann was in risk before.')
  await member.waitFor()
  assert.equal(await member.getByRole('button', { name: 'Undo' }).count(), 0)

  await page.getByRole('link', { name: 'Grants', exact: true }).click()
  await page.getByRole('button', { name: /^Remove: vera viewer/ }).click()
  await row(admin, 'vera').waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Undo' }).last().click()
  await row(admin, 'vera').waitFor()
  noErrors(admin)
})

test('"What can ann do?" names the grant, the group and the denial', async () => {
  const { page } = admin
  await client.call('POST', `${OWN}/grants`, { subject: 'group:risk', entity: 'workspace:default', role: 'auditor' })
  const denial = await client.call('POST', `${OWN}/grants`, { subject: 'user:ann', entity: 'workspace:default', deny: 'assess' })
  await page.getByRole('link', { name: 'Users', exact: true }).click()
  await page.getByRole('button', { name: 'Actions for ann' }).click()
  await page.getByRole('menuitem', { name: 'What can ann do?' }).click()
  const right = (name) => main(admin).getByRole('row').filter({ hasText: name })
  await main(admin).getByText('ann may read, write, move aliases and read the audit trail.').waitFor()
  await right('Write').filter({ hasText: 'contributor' }).filter({ hasText: 'directly' }).filter({ hasText: 'Yes' }).first().waitFor()
  await right('Read the audit trail').filter({ hasText: 'through the group risk' }).waitFor()
  await right('Assess').filter({ hasText: 'denied: assess' }).filter({ hasText: 'No' }).waitFor()
  await right('Decide promotions').filter({ hasText: 'no grant gives it' }).waitFor()

  // Live: what somebody else changes shows by itself.
  await client.call('DELETE', `${OWN}/grants/${denial.grant_id}`)
  await main(admin).getByText('ann may read, write, move aliases, assess and read the audit trail.').waitFor()
  assert.deepEqual(await seriousFindings(page), [])
  noErrors(admin)
})

test('a token is told once, and is revoked by its name', async () => {
  const { page } = admin
  await go(admin, '/access?part=tokens')
  await page.getByRole('button', { name: 'New token' }).click()
  await dialog(admin).getByLabel('What for').fill('nightly')
  await dialog(admin).getByLabel('Owner').fill('ann')
  await dialog(admin).getByLabel('Scope').selectOption('viewer')
  await dialog(admin).getByRole('button', { name: 'Make token' }).click()
  const text = (await dialog(admin).getByLabel('Token').innerText()).trim()
  assert.match(text, /^mw_[\w-]{43}$/)
  // It is told once: neither Escape nor a click beside it takes it away.
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await page.mouse.click(5, 5)
  assert.equal((await dialog(admin).getByLabel('Token').innerText()).trim(), text)
  await dialog(admin).getByRole('button', { name: 'Copy' }).first().click()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), text)
  await dialog(admin).getByRole('button', { name: 'I have it' }).click()
  await row(admin, 'nightly').filter({ hasText: 'viewer' }).waitFor()
  const asAnn = () => fetch(`${server.url}${OWN}/me`, { headers: { authorization: `Bearer ${text}` } })
  assert.equal((await (await asAnn()).json()).name, 'ann')

  // A text that is selected beyond the edge of a dialog closes nothing; a click beside it does.
  await page.getByRole('button', { name: 'Revoke nightly' }).click()
  const typed = dialog(admin).getByLabel('Type nightly to go on')
  await typed.fill('nightly')
  const { x, y } = await typed.boundingBox()
  await page.mouse.move(x + 40, y + 10)
  await page.mouse.down()
  await page.mouse.move(5, y + 10)
  await page.mouse.up()
  assert.equal(await typed.inputValue(), 'nightly')
  await page.mouse.click(5, 5)
  await typed.waitFor({ state: 'detached' })
  await page.getByRole('button', { name: 'Revoke nightly' }).click()
  await typed.fill('nightly')
  await dialog(admin).getByRole('button', { name: 'Revoke for good' }).click()
  await row(admin, 'nightly').waitFor({ state: 'detached' })
  assert.equal((await asAnn()).status, 401)
  noErrors(admin)
})

test('two people promote a model: one asks, the other decides, both see it happen', async () => {
  const policy = ['policy: churn', 'applies-to: [churn]', 'stages:', '  - dev', '  - name: production', '    aliases: [live]', 'transitions:', '  - from: dev', '    to: production', '    ask: [anyone]', '    approve: [bob]', '    approvals: 1', ''].join('\n')
  await client.post('registered-models/create', { name: 'churn' })
  await client.post('model-versions/create', { name: 'churn', source: 's3://bucket/churn' })
  const applied = await fetch(`${server.url}${OWN}/policies/churn`, { method: 'PUT', headers: { ...client.headers, 'content-type': 'application/yaml' }, body: policy })
  assert.ok(applied.ok, await applied.text())
  const path = '/model-version?name=churn&version=1'
  const ann = await personAt(ANN, path)
  const bob = await personAt(BOB, path)
  await main(bob).getByText('None yet.').waitFor()

  await main(ann).getByRole('button', { name: 'Give an alias' }).click()
  await dialog(ann).getByLabel('Alias').fill('live')
  await dialog(ann).getByRole('button', { name: 'Give' }).click()
  await ann.page.getByText(/moves only by promotion/).waitFor()

  await main(ann).getByText(/You do not decide this one.*'ann'/).waitFor()
  await ann.page.screenshot({ path: join(screenshots, 'promotion-asked.png'), fullPage: true })

  await main(bob).getByRole('button', { name: 'Approve' }).click()
  await dialog(bob).getByLabel('Why').fill('its checks are fine')
  await dialog(bob).getByRole('button', { name: 'Approve' }).click()
  await main(bob).getByText('applied', { exact: true }).first().waitFor()

  await main(ann).getByText('applied', { exact: true }).first().waitFor()
  await main(ann).getByRole('button', { name: 'Take away live' }).waitFor()
  const story = main(ann).getByRole('button', { name: /^(Evidence and history|Hide)/ })
  if ((await story.getAttribute('aria-expanded')) === 'false') await story.click()
  await main(ann).getByText(/its checks are fine/).first().waitFor()
  noErrors(ann, 4)
  noErrors(bob, 4)

  await ann.close()
  await bob.close()
})

test('after signing out nothing that was read is left: not behind Back, and not in another tab', async () => {
  const path = '/model-version?name=churn&version=1'
  const ann = await personAt(ANN, path)
  const { page } = ann
  const asked = (tab) => tab.getByRole('heading', { name: 'Sign in' })
  const churn = (tab) => tab.getByRole('main').getByText(/churn/).first()
  await churn(page).waitFor()
  const other = await page.context().newPage()
  await other.goto(`${server.url}/ui${path}`)
  await churn(other).waitFor()

  await page.getByRole('link', { name: 'Home' }).first().click()
  await page.waitForURL(/\/ui\/$/)
  await page.getByRole('button', { name: 'Account of ann' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await asked(page).waitFor()
  await asked(other).waitFor()
  await page.goBack()
  await asked(page).waitFor()
  assert.equal(await page.getByText(/churn/).count(), 0)
  await other.goBack().catch(() => {})
  assert.equal(await other.getByText(/churn/).count(), 0)

  // Who signs in again does so in all tabs.
  await go({ page: other }, path)
  await asked(other).waitFor()
  await go(ann, '/')
  await signIn(ann, ANN)
  await page.getByRole('button', { name: 'Account of ann' }).waitFor()
  await churn(other).waitFor()

  // A page that the browser kept is not shown as it was.
  await other.evaluate(() => {
    globalThis.kept = true
    dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))
  })
  await other.waitForFunction(() => globalThis.kept === undefined)
  await churn(other).waitFor()
  noErrors(ann, 4)
  await ann.close()
})

test('a viewer sees what is theirs, and is refused in plain words', async () => {
  const vera = await personAt(VERA, '/access')
  await main(vera).getByText('Only administrators see and change those of others.').waitFor()
  await vera.page.getByRole('link', { name: 'Grants', exact: true }).click()
  await row(vera, 'vera').filter({ hasText: 'viewer' }).waitFor()
  assert.equal(await vera.page.getByRole('button', { name: 'Grant or deny' }).count(), 0)
  await vera.page.getByRole('link', { name: 'Tokens', exact: true }).click()
  await row(vera, 'browser session').waitFor()
  await vera.page.getByRole('link', { name: 'What can X do?' }).click()
  await main(vera).getByText('vera may read.').waitFor()
  assert.deepEqual(await seriousFindings(vera.page), [])
  noErrors(vera)

  await go(vera, '/model-version?name=churn&version=1')
  await main(vera).getByRole('button', { name: 'Give an alias' }).click()
  await dialog(vera).getByLabel('Alias').fill('mine')
  await dialog(vera).getByRole('button', { name: 'Give' }).click()
  await vera.page.getByText(/Permission denied: 'vera' has no right to alias/).waitFor()
  // What could not be saved is not lost.
  await main(vera).getByRole('button', { name: 'Write', exact: true }).first().click()
  await main(vera).getByRole('textbox', { name: /in Markdown$/ }).fill('long thought about')
  await main(vera).getByRole('button', { name: 'Save', exact: true }).click()
  await vera.page.getByText(/Permission denied: 'vera' has no right to write/).waitFor()
  assert.equal(await main(vera).getByRole('textbox', { name: /in Markdown$/ }).inputValue(), 'long thought about')
  noErrors(vera, 4)

  // An administrator signs her out; the next thing she does leads to the page for signing in.
  await go(admin, '/access?part=tokens&owner=vera')
  await row(admin, 'browser session').getByRole('gridcell', { name: 'vera', exact: true }).dblclick()
  await main(admin).getByText('vera may read.').waitFor()
  await admin.page.goBack()
  await admin.page.getByRole('button', { name: 'Sign out the browser session of vera' }).click()
  await dialog(admin).getByRole('button', { name: 'Sign out' }).click()
  await row(admin, 'browser session').waitFor({ state: 'detached' })
  // Unless the page has noticed before.
  await vera.page.getByRole('link', { name: 'Home' }).first().click({ timeout: 5_000 }).catch(() => {})
  await vera.page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await vera.close()
})

test('an account is deleted only when its name is typed', async () => {
  const { page } = admin
  await go(admin, '/access')
  await page.getByRole('button', { name: 'Actions for vera' }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await dialog(admin).getByLabel('Type vera to go on').fill('ver')
  await dialog(admin).getByRole('button', { name: 'Delete for good' }).click()
  assert.ok(await dialog(admin).isVisible())
  await dialog(admin).getByLabel('Type vera to go on').fill('vera')
  await page.keyboard.press('Enter')
  await row(admin, 'vera').waitFor({ state: 'detached' })
  noErrors(admin)
})

test('the parts of the screen and the page for signing in on a phone and in the dark', async () => {
  for (const [width, theme] of [[1280, 'light'], [390, 'dark']]) {
    const stage = await openPage(browser, { width, height: 844, theme })
    const { page } = stage
    const look = async (name) => {
      await settled(page)
      await page.screenshot({ path: join(screenshots, `${name}-${width}-${theme}.png`) })
      assert.deepEqual(await seriousFindings(page), [], `${name}, ${width} px, ${theme}`)
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      assert.ok(wide <= 0, `${name}, ${width} px: ${wide} px wider than the screen`)
    }
    await go(stage, '/sign-in')
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await look('sign-in')
    await page.getByRole('link', { name: 'Use a token instead' }).click()
    await page.getByLabel('Token').fill(token)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Account of admin' }).filter({ visible: true }).waitFor()
    for (const part of ['users', 'groups', 'tokens', 'grants', 'explain&who=ann&on=model:churn']) {
      await go(stage, `/access?part=${part}`)
      await page.getByRole('heading', { name: 'Access' }).waitFor()
      await look(`signed-in-access-${part.split('&')[0]}`)
    }
    noErrors(stage)
    await stage.close()
  }
})
