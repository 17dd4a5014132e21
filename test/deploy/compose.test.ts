import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../../src/config/config.ts';

interface Service {
  readonly image: string;
  readonly profiles?: readonly string[];
  readonly ports?: readonly string[];
  readonly environment: Readonly<Record<string, string | number>>;
  readonly stop_grace_period: string;
  readonly user?: string;
}

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const { services } = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>;
};
const REPLICAS = ['surety-1', 'surety-2'];
/** What src/server.ts allows itself after the grace period, in milliseconds. */
const HARD_STOP_MS = 2000;

/** The settings that a service is started with; Compose fills in what is not set by the shell. */
function settingsOf(service: Service) {
  const filled = Object.entries(service.environment)
    .filter(([name]) => name !== 'PGPASSWORD') // for pg
    .map(([name, value]) => [name, String(value).replace(/\$\{\w+:-([^}]*)\}/, '$1')]);
  return readConfig(Object.fromEntries(filled));
}

describe('docker-compose.yml', () => {
  it('starts one service by default, and two replicas, a balancer and Postgres for `scale`', () => {
    const names = (profile: string | undefined) =>
      Object.keys(services).filter((name) => services[name]!.profiles?.[0] === profile);
    expect(names(undefined)).toEqual(['surety']);
    expect(names('scale')).toEqual([...REPLICAS, 'balancer', 'postgres']);
  });

  it.each(Object.keys(services))('%s may write to its volumes only, and do nothing else', (name) => {
    expect(services[name]).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
    const { image, user } = services[name]!;
    expect(user, 'its user, where the image is not ours').toBe(
      image === 'surety' ? undefined : image.split(':')[0],
    );
  });

  it('publishes on loopback only, each on a port of its own', () => {
    expect(Object.values(services).flatMap(({ ports }) => ports ?? [])).toEqual([
      '127.0.0.1:3000:3000',
      '127.0.0.1:8080:8080',
    ]);
  });

  it.each(['surety', ...REPLICAS])('gives %s settings that it starts with, and time to stop', (name) => {
    const { drainDelayMs, shutdownGraceMs } = settingsOf(services[name]!);
    const most = drainDelayMs + shutdownGraceMs + HARD_STOP_MS;
    expect(1000 * Number.parseInt(services[name]!.stop_grace_period, 10)).toBeGreaterThan(most);
  });

  it('tells the balancer where the replicas listen', () => {
    const { port } = settingsOf(services['surety-1']!);
    const { REPLICA_1, REPLICA_2 } = services.balancer!.environment;
    expect([REPLICA_1, REPLICA_2]).toEqual(REPLICAS.map((name) => `${name}:${port}`));
  });

  it('has no password by default', () => {
    for (const name of [...REPLICAS, 'postgres']) {
      const { PGPASSWORD, POSTGRES_PASSWORD, SURETY_DATABASE_URL } = services[name]!.environment;
      expect(PGPASSWORD ?? POSTGRES_PASSWORD).toMatch(/^\$\{POSTGRES_PASSWORD:-\}$/);
      if (name !== 'postgres') expect(new URL(String(SURETY_DATABASE_URL)).password).toBe('');
    }
  });
});
