import { readFileSync } from 'node:fs';
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment';
import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler';
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import type { IConfigMap } from 'kubernetes-models/v1/ConfigMap';
import type { ISecret } from 'kubernetes-models/v1/Secret';
import type { IService } from 'kubernetes-models/v1/Service';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../../src/config/config.ts';
import { manifestFiles, parseManifest, problemsOf, readManifest } from '../support/process/kubernetes.ts';

interface Kustomization {
  readonly namespace: string;
  readonly resources: readonly string[];
  readonly images: readonly { readonly name: string; readonly newTag: string }[];
}

const KUSTOMIZATION = 'kustomization.yaml';
const SECRET = 'secret.example.yaml';
/** What src/server.ts allows itself after the grace period, in milliseconds. */
const HARD_STOP_MS = 2000;

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const kustomization = readManifest<Kustomization>(KUSTOMIZATION);
const deployment = readManifest<IDeployment>('deployment.yaml');
const service = readManifest<IService>('service.yaml');
const budget = readManifest<IPodDisruptionBudget>('poddisruptionbudget.yaml');
const policy = readManifest<INetworkPolicy>('networkpolicy.yaml');
const scaler = readManifest<IHorizontalPodAutoscaler>('horizontalpodautoscaler.yaml');
const settings = {
  ...readManifest<IConfigMap>('configmap.yaml').data,
  ...readManifest<ISecret>(SECRET).stringData,
};
const pod = deployment.spec!.template.spec!;
const container = pod.containers[0]!;

describe('the check of manifests', () => {
  it.each([
    [
      'a member with a wrong value',
      'spec: {ports: [{port: "80"}]}',
      ['data/spec/ports/0/port must be integer'],
    ],
    [
      'a member missing',
      'spec: {ports: [{name: http}]}',
      ['data/spec/ports/0 must have required property port'],
    ],
    ['a member that is none', 'spec: {port: 80}', ['/spec/port: Service of v1 has no such member']],
    [
      'one deep inside',
      'spec: {ports: [{port: 80, targetport: 3000}]}',
      ['/spec/ports/0/targetport: Service of v1 has no such member'],
    ],
    ['one beside the others', 'specs: {}', ['/specs: Service of v1 has no such member']],
    ['nothing', 'spec: {ports: [{port: 80}], selector: {any: name}}', []],
  ])('finds %s', async (_, spec, problems) => {
    expect(await problemsOf(parseManifest(`apiVersion: v1\nkind: Service\n${spec}`))).toEqual(problems);
  });

  it.each([
    ['a key twice', 'spec: {}\nspec: {}', 'unique'],
    ['two documents', 'spec: {}\n---\nspec: {}', 'multiple documents'],
    ['a tag that is none', 'spec: !none {}', 'Unresolved tag'],
  ])('refuses %s', (_, text, problem) => {
    expect(() => parseManifest(text)).toThrow(problem);
  });
});

describe('deploy/kubernetes', () => {
  it.each(manifestFiles().filter((file) => file !== KUSTOMIZATION))('%s fits its schema', async (file) => {
    expect(await problemsOf(readManifest(file))).toEqual([]);
  });

  it('is listed by the kustomization, without the example of a Secret', () => {
    const others = manifestFiles().filter((file) => file !== KUSTOMIZATION && file !== SECRET);
    expect([...kustomization.resources].sort()).toEqual(others.sort());
    expect(Object.values(readManifest<ISecret>(SECRET).stringData!)).toEqual([
      expect.stringContaining('USER:PASSWORD'),
    ]);
  });

  it('names one namespace, and the image of this version', () => {
    for (const { metadata } of [deployment, service, budget, policy, scaler]) {
      expect(metadata!.namespace).toBe(kustomization.namespace);
    }
    const { version } = JSON.parse(read('package.json'));
    expect(kustomization.images).toEqual([{ name: container.image, newTag: version }]);
  });

  it('selects the pods of the deployment', () => {
    const { labels } = deployment.spec!.template.metadata!;
    const selectors = [
      deployment.spec!.selector.matchLabels,
      service.spec!.selector,
      budget.spec!.selector!.matchLabels,
      policy.spec!.podSelector!.matchLabels,
      ...pod.topologySpreadConstraints!.map(({ labelSelector }) => labelSelector!.matchLabels),
    ];
    for (const selector of selectors) expect(selector).toEqual(labels);
  });

  it('scales the deployment, and leaves one of two pods in any disruption', () => {
    const { apiVersion, kind, metadata } = deployment;
    expect(scaler.spec!.scaleTargetRef).toEqual({ apiVersion, kind, name: metadata!.name });
    expect(scaler.spec!.minReplicas! - Number(budget.spec!.maxUnavailable)).toBeGreaterThanOrEqual(1);
    expect(deployment.spec!.replicas).toBeUndefined();
  });

  it("serves on the image's port", () => {
    const [, exposed] = /^EXPOSE (\d+)$/m.exec(read('Dockerfile'))!;
    expect(container.ports).toEqual([{ name: 'http', containerPort: Number(exposed) }]);
    expect(readConfig({}).port).toBe(Number(exposed));
    expect(service.spec!.ports!.map(({ targetPort }) => targetPort)).toEqual(['http']);
    expect(policy.spec!.ingress!.flatMap(({ ports }) => ports!.map(({ port }) => port))).toEqual(['http']);
  });

  it('probes addresses of openapi.yaml', () => {
    const { startupProbe, readinessProbe, livenessProbe } = container;
    expect(startupProbe).toBeUndefined(); // it would end a pod that waits for Postgres
    const probed = [readinessProbe, livenessProbe].map((probe) => probe!.httpGet!);
    expect(probed.map(({ path }) => path)).toEqual(['/readyz', '/livez']);
    const { paths } = parse(read('openapi.yaml'));
    for (const { path, port } of probed) {
      expect(paths).toHaveProperty([path!, 'get']);
      expect(port).toBe('http');
    }
  });

  it('gives settings that the service starts with', () => {
    const names = container.envFrom!.map(({ configMapRef, secretRef }) => (configMapRef ?? secretRef)!.name);
    expect(names).toEqual(
      [readManifest<IConfigMap>('configmap.yaml'), readManifest<ISecret>(SECRET)].map(
        ({ metadata }) => metadata!.name,
      ),
    );
    const { workers } = readConfig(settings);
    expect(workers).toBe(Number(container.resources!.limits!.cpu));
    expect(pod.enableServiceLinks).toBe(false); // a Service named surety would set SURETY_PORT
  });

  it('has the memory that the settings allow one registration, besides loaded models', () => {
    const [, gibibytes] = /^(\d+)Gi$/.exec(String(container.resources!.limits!.memory))!;
    const [, heap] = /^--max-old-space-size=(\d+)$/.exec(settings.NODE_OPTIONS!)!;
    const { maxCells, maxBodyBytes } = readConfig(settings);
    const registration = 12 * maxCells + 2 * maxBodyBytes;
    const left = 1024 * Number(gibibytes) - Number(heap) - 256 - registration / 2 ** 20;
    expect(left).toBeGreaterThan((4 * maxCells) / 2 ** 20);
  });

  it('trusts private networks to say who the caller is', () => {
    expect(readConfig(settings).trustedProxies).toContain('10.0.0.0/8');
  });

  it('gives a pod the time that it takes to stop', () => {
    const { drainDelayMs, shutdownGraceMs } = readConfig(settings);
    const most = drainDelayMs + shutdownGraceMs + HARD_STOP_MS;
    expect(pod.terminationGracePeriodSeconds! * 1000).toBeGreaterThan(most);
  });

  it('keeps to the restricted pod security standard', () => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });
});
