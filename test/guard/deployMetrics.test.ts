import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { nounOf } from '../../src/cli/nouns.js';
import { metricReference } from '../../src/metrics/reference.js';
import { metricsRegistry } from '../../src/metrics/registry.js';
import { makeGateway } from '../control/made.js';
import { checkout, page } from './markdown.js';

interface Rule {
  alert?: string;
  record?: string;
  expr: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}
interface Panel {
  title: string;
  type: string;
  targets?: { expr: string }[];
}

const folder = join(checkout, 'deploy/prometheus');
const rules = (parse(page('deploy/prometheus/windrose.rules.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);
const alerts = rules.filter(({ alert }) => alert !== undefined);
const dashboard = JSON.parse(page('deploy/grafana/windrose.json')) as { panels: Panel[] };
const expressions = dashboard.panels.flatMap(({ targets }) => targets ?? []).map(({ expr }) => expr);
const reference = new Map(metricReference(metricsRegistry(makeGateway().shown)).map((metric) => [metric.name, metric]));
const recorded = new Set(rules.flatMap(({ record }) => record ?? []));

/** What an operator must see or be told of; the rest is there for whoever looks deeper. */
const CORE = [
  'windrose_address_ports_used',
  'windrose_config_generation',
  'windrose_config_last_reload_successful',
  'windrose_frames_dropped_total',
  'windrose_frames_total',
  'windrose_frames_waiting',
  'windrose_icmp_errors_suppressed_total',
  'windrose_iface_kernel_dropped_total',
  'windrose_iface_receive_bytes_total',
  'windrose_iface_receive_packets_total',
  'windrose_iface_transmit_bytes_total',
  'windrose_iface_transmit_failed_total',
  'windrose_iface_up',
  'windrose_neighbors',
  'windrose_session_rows_used',
  'windrose_sessions',
  'windrose_sessions_by_state',
  'windrose_sessions_created_total',
  'windrose_sessions_limit',
  'windrose_sessions_refused_total',
  'windrose_worker_busy_seconds_total',
  'windrose_worker_expiry_lag_seconds',
  'windrose_worker_heartbeat_age_seconds',
  'windrose_worker_restarts_total',
  'windrose_zone_ports_capacity',
  'windrose_zone_ports_used',
];

/** Names of series in an expression, with the labels its matchers name. */
function series(expr: string): { name: string; labels: string[] }[] {
  return [...expr.matchAll(/([a-z_][\w:]*(?:windrose|process)_[\w:]*|(?:windrose|process)_\w+)(?:\{([^}]*)\})?/g)].map(
    ([, name, matchers = '']) => ({ name: name!, labels: [...matchers.matchAll(/(\w+)\s*[=!]/g)].map(([, label]) => label!) }),
  );
}

function faultsOf(expr: string): string[] {
  return series(expr).flatMap(({ name, labels }) => {
    const metric = reference.get(name);
    if (metric === undefined) return recorded.has(name) ? [] : [`${name} does not exist`];
    const known = [...metric.labels, 'instance', 'job'];
    return labels.filter((label) => !known.includes(label)).map((label) => `${name} has no label ${label}`);
  });
}

describe('deploy: metrics', () => {
  test('rules, their tests and the dashboard name only metrics and labels there are', () => {
    const tests = parse(page('deploy/prometheus/windrose.rules.test.yml')) as {
      tests: { input_series: { series: string }[] }[];
    };
    const all = [...rules.map(({ expr }) => expr), ...expressions];
    for (const { input_series } of tests.tests) all.push(...input_series.map((one) => one.series));
    assert.ok(all.length > 50 && all.every((expr) => expr.startsWith('up{') || series(expr).length > 0));
    assert.deepEqual(all.flatMap(faultsOf), []);
    assert.deepEqual(faultsOf('rate(windrose_nothing_total{a="b"}[1m]) / windrose_sessions{reason="x"}'), [
      'windrose_nothing_total does not exist',
      'windrose_sessions has no label reason',
    ]);
  });

  test('every core metric is on the dashboard or in a rule', () => {
    const used = new Set([...rules.map(({ expr }) => expr), ...expressions].flatMap(series).map(({ name }) => name));
    assert.deepEqual(
      CORE.filter((name) => !reference.has(name)),
      [],
      'not in the registry',
    );
    assert.deepEqual(
      CORE.filter((name) => !used.has(name)),
      [],
      'used nowhere',
    );
  });

  test('every alert says what is wrong, how bad it is and where to look, with verbs that exist', () => {
    for (const { alert, labels, annotations } of alerts) {
      assert.match(labels?.severity ?? '', /^(warning|critical)$/, alert);
      assert.ok(annotations?.summary?.endsWith('.') && annotations.description?.endsWith('.'), alert);
      for (const [, noun] of (annotations?.description ?? '').matchAll(/windrose show (\w+)/g)) assert.equal(nounOf(noun!), noun);
    }
    assert.equal(new Set(alerts.map(({ alert }) => alert)).size, alerts.length);
  });

  test('each panel has a title and a query', () => {
    const panels = dashboard.panels.filter(({ type }) => type !== 'row');
    for (const { title, targets } of panels) assert.ok(title !== '' && targets!.length > 0, title);
    assert.equal(new Set(panels.map(({ title }) => title)).size, panels.length);
  });

  test('docs/metrics.md lists exactly the metrics of the registry', () => {
    const printed = execFileSync(process.execPath, [join(checkout, 'scripts/metrics-page.mjs')], { encoding: 'utf8' });
    assert.equal(page('docs/metrics.md'), printed, 'run: node scripts/metrics-page.mjs >docs/metrics.md');
    for (const name of reference.keys()) assert.ok(printed.includes(`| \`${name}\``), name);
  });
});

describe('promtool', {
  skip: spawnSync('promtool', ['--version']).error === undefined ? false : 'promtool is not installed',
}, () => {
  const promtool = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8', timeout: 30_000, cwd: folder });
    assert.equal(status, 0, stdout + stderr);
    return stdout;
  };
  test('accepts the rules and the scrape configuration', () => {
    assert.match(promtool('check', 'rules', '--lint=all', '--lint-fatal', 'windrose.rules.yml'), /SUCCESS/);
    assert.match(promtool('check', 'config', 'scrape.yml'), /valid prometheus config/);
  });
  test('fires the alerts when it should', () => {
    assert.match(promtool('test', 'rules', 'windrose.rules.test.yml'), /SUCCESS/);
  });
  test('reads every query of the dashboard', () => {
    const directory = mkdtempSync(join(tmpdir(), 'windrose-dashboard-'));
    try {
      const file = join(directory, 'rules.yml');
      const plain = expressions.map((expr) => expr.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*'));
      const asRules = plain.map((expr, i) => ({ record: `dashboard:query:${i}`, expr }));
      // JSON is YAML.
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: asRules }] }));
      assert.match(promtool('check', 'rules', file), new RegExp(`SUCCESS: ${plain.length} rules`));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
