// SPDX-License-Identifier: GPL-2.0-or-later
// The HTML report as a reader meets it: light, dark, on a phone, by keyboard and on paper, with
// text of a hostile guest in it. Speaks TAP; screenshots go to $SCREENSHOTS.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';

const skip = why => {
	console.log(`1..0 # SKIP ${why}`);
	process.exit(0);
};

const require = createRequire(import.meta.url);
const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
let chromium, axe;
try {
	({chromium} = require('playwright-core'));
	axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
} catch {
	skip('no node_modules: npm ci in tests/browser');
}
if (!browserPath)
	skip('no chromium');

const HUNTS = ['20261120-100000-quick-6.12', '20261121-100000-quick-7.3'];
const VIEWS = [
	{name: 'light', colorScheme: 'light', viewport: {width: 1280, height: 900}},
	{name: 'dark', colorScheme: 'dark', viewport: {width: 1280, height: 900}},
	{name: 'phone', colorScheme: 'light', viewport: {width: 360, height: 740}},
	{name: 'phone-dark', colorScheme: 'dark', viewport: {width: 360, height: 740}},
];
const root = mkdtempSync(join(tmpdir(), 'pfnhunt-browser-'));
const profile = join(root, 'profile');
const page = join(root, 'report.html');

execFileSync(process.env.MAKE_RESULTS, [root]);
execFileSync(process.env.PFNHUNT_EXE, ['report', '--results', root, '-o', page, ...HUNTS]);

const context = await chromium.launchPersistentContext(profile, {
	executablePath: browserPath,
	headless: true,
	timeout: 60000,
	args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
		'--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

// Opens the report; whatever it complains about or fetches is kept in `trouble`.
const open = async view => {
	const tab = await context.newPage();
	const trouble = [];
	tab.on('console', m => ['error', 'warning'].includes(m.type()) && trouble.push(m.text()));
	tab.on('pageerror', e => trouble.push(String(e)));
	tab.on('dialog', d => {
		trouble.push(`dialog: ${d.message()}`);
		d.dismiss();
	});
	tab.on('request', r => r.url() === pathToFileURL(page).href || trouble.push(r.url()));
	await tab.setViewportSize(view.viewport);
	await tab.emulateMedia({colorScheme: view.colorScheme});
	await tab.goto(pathToFileURL(page).href);
	return {tab, trouble};
};

const tests = [];
const test = (name, run) => tests.push({name, run});

for (const view of VIEWS)
	test(`${view.name}: clean console, no overflow, screenshot`, async () => {
		const {tab, trouble} = await open(view);
		const shot = join(process.env.SCREENSHOTS, `report-${view.name}.png`);
		await tab.screenshot({path: shot, fullPage: true});
		assert.ok(statSync(shot).size > 10000);
		const [wide, room] = await tab.evaluate(
			() => [document.scrollingElement.scrollWidth, innerWidth]);
		assert.ok(wide <= room, `${wide} px in ${room}`);
		const background = await tab.evaluate(
			() => getComputedStyle(document.body).backgroundColor);
		assert.equal(background,
			view.colorScheme === 'dark' ? 'rgb(13, 17, 23)' : 'rgb(255, 255, 255)');
		assert.deepEqual(trouble, []);
		await tab.close();
	});

for (const view of VIEWS)
	test(`${view.name}: axe finds nothing`, async () => {
		const {tab} = await open(view);
		await tab.evaluate(() => document.querySelectorAll('details').forEach(d => d.open = true));
		// The page's policy forbids foreign scripts: axe comes in over the debugger.
		await tab.evaluate(axe);
		const found = await tab.evaluate(async () => (await window.axe.run(document)).violations
			.map(v => `${v.id}: ${v.nodes.map(n => n.html).slice(0, 3).join(' | ')}`));
		assert.deepEqual(found, []);
		await tab.close();
	});

test('hostile text stays text', async () => {
	const {tab, trouble} = await open(VIEWS[0]);
	assert.equal(await tab.locator('script').count(), 1);
	assert.equal(await tab.locator('img, iframe, object, embed, link').count(), 0);
	await tab.evaluate(() => document.querySelectorAll('details').forEach(d => d.open = true));
	const text = await tab.locator('main').innerText();
	assert.ok(text.includes('<script>alert(1)</script>'));
	assert.ok(text.includes('warning:hostile:<x>&'));
	assert.ok(!/[\u0000-\u0008\u000b-\u001f\u202e]/.test(text));
	assert.deepEqual(trouble, []);
	await tab.close();
});

test('what matters stands on top', async () => {
	const {tab} = await open(VIEWS[0]);
	const hero = await tab.locator('#hunt-0 .hero').innerText();
	for (const words of ['INCIDENT', '6.12.95+deb12-amd64', 'fake-offline', '1 of 3 boots',
		'95 %'])
		assert.ok(hero.includes(words), `${words} in ${hero}`);
	const cells = await tab.locator('table.matrix tbody tr').first().locator('td').allInnerTexts();
	assert.deepEqual(cells, ['fired', ...Array(5).fill('not exposed'), 'clean', 'clean']);
	await tab.close();
});

// The fixture: two sizes of one device, two ops that ran and one that was skipped, one block,
// two splats at 3.615 s and 3.616 s of a guest whose clock is 1.5 s behind the host's.
test('lanes match the events', async () => {
	const {tab} = await open(VIEWS[0]);
	const box = tab.locator('#timeline-0-0');
	const lanes = await box.locator('[data-lane]').evaluateAll(
		all => all.map(e => [e.dataset.lane, e.textContent]));
	assert.deepEqual(lanes, [['hits', 'hits'], ['requested', 'vm0 requested, to 80 MiB'],
		['plugged', 'vm0 plugged, to 80 MiB'], ['op', 'block-state'], ['op', 'damon'],
		['window', 'offline windows'], ['window', 'dec windows'], ['block', 'memory32']]);
	assert.equal(await box.locator('rect.lane').count(), lanes.length);
	const hits = await box.locator('line.hit').evaluateAll(all => all.map(e => +e.getAttribute('x1')));
	assert.deepEqual(hits, [5115000, 5116000]);
	const offlining = await box.locator('rect.offlining').evaluateAll(
		all => all.map(e => [+e.getAttribute('x'), +e.getAttribute('width')]));
	assert.deepEqual(offlining, [[5100000, 20000]]);
	assert.equal(await box.locator('rect.busy').count(), 3);
	// 17 of the dec windows in one second, 23 in the next; the offline ones in one.
	assert.equal(await box.locator('rect.opened').count(), 3);
	await tab.close();
});

test('exposure says what is not exposed', async () => {
	const {tab} = await open(VIEWS[0]);
	const rows = await tab.locator('#hunt-0 table.exposure tbody tr').evaluateAll(
		all => all.map(r => [...r.children].map(c => c.textContent)));
	assert.deepEqual(rows[0], ['compaction', 'dec', 'fake-offline', 'bpf', '0 of 3', '120', '2,100', '0',
		'0', '12 us', '0', 'not exposed']);
	assert.deepEqual(rows[2].slice(0, 11), ['damon', 'dec', 'fake-offline', 'bpf', '3 of 3', '120',
		'60,000', '90', '36', '1.5 us', '3?']);
	assert.match(await tab.locator('#hunt-0 .hero').innerText(),
		/1,200 damon visits inside an open window/);
	await tab.close();
});

test('zoom by keyboard and by button', async () => {
	const {tab} = await open(VIEWS[0]);
	const box = tab.locator('#timeline-0-0');
	const view = async () => (await box.locator('svg').getAttribute('viewBox')).split(' ').map(Number);
	const whole = await view();
	assert.deepEqual(whole.slice(0, 3), [0, 0, 7500000]);
	await box.locator('.lanes').focus();
	await tab.keyboard.press('+');
	assert.equal((await view())[2], whole[2] / 2);
	const before = (await view())[0];
	await tab.keyboard.press('ArrowRight');
	assert.ok((await view())[0] > before);
	await tab.keyboard.press('0');
	assert.deepEqual(await view(), whole);
	await box.getByRole('button', {name: 'First hit'}).click();
	const [x, , width] = await view();
	assert.ok(x < 5115000 && x + width > 5115000 && width < 200000);
	assert.match(await box.locator('.axis span').first().innerText(), /^5\.01\d+ s$/);
	await tab.close();
});

test('details open by keyboard', async () => {
	const {tab} = await open(VIEWS[0]);
	const details = tab.locator('#hunt-1 details.incident').nth(1);
	assert.equal(await details.evaluate(d => d.open), false);
	await details.locator('summary').first().focus();
	await tab.keyboard.press('Enter');
	assert.equal(await details.evaluate(d => d.open), true);
	await tab.close();
});

test('paper shows what is folded', async () => {
	const {tab} = await open(VIEWS[1]);
	const pdf = await tab.pdf({path: join(process.env.SCREENSHOTS, 'report.pdf')});
	assert.ok(pdf.length > 10000);
	assert.equal(await tab.locator('details:not([open])').count(), 0);
	await tab.close();
});

console.log(`1..${tests.length}`);
let failed = 0;
for (const [index, {name, run}] of tests.entries()) {
	try {
		await run();
		console.log(`ok ${index + 1} ${name}`);
	} catch (error) {
		failed++;
		for (const line of String(error.stack).split('\n'))
			console.log(`# ${line}`);
		console.log(`not ok ${index + 1} ${name}`);
	}
}
await context.close();
rmSync(root, {recursive: true, force: true});
process.exit(failed ? 1 : 0);
