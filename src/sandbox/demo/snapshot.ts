/** Everything that the demo's page shows, at one moment. */
export interface DemoSnapshot {
  readonly steps: readonly DemoStep[];
  readonly pull: DemoPull | undefined;
  readonly clusters: readonly DemoCluster[];
  /** Where things can be seen: the page itself, the plan, the sandbox's addresses. */
  readonly links: readonly { readonly label: string; readonly url: string }[];
  /** How to see more from a terminal or by hand; shown at the foot. */
  readonly hint: string;
}

export interface DemoStep {
  readonly title: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  /** What came of it, one line. */
  readonly detail?: string;
  readonly seconds?: number;
}

export interface DemoPull {
  readonly repository: string;
  readonly number: number;
  readonly title: string;
  readonly author: string;
  readonly state: 'open' | 'merged' | 'closed';
  readonly headSha: string;
  /** GitHub-flavoured Markdown, as GitHub would show it. */
  readonly comments: readonly { readonly author: string; readonly body: string; readonly updatedAt: Date }[];
  readonly reviews: readonly { readonly reviewer: string; readonly state: string }[];
  readonly checks: readonly DemoCheck[];
  readonly deployments: readonly {
    readonly environment: string;
    readonly state: string;
    readonly description: string;
  }[];
}

export interface DemoCheck {
  readonly name: string;
  readonly sha: string;
  /** `success`, `action_required`, `in_progress`, … */
  readonly state: string;
  readonly title: string;
  /** Markdown. */
  readonly summary: string;
}

export interface DemoCluster {
  readonly name: string;
  readonly objects: readonly {
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    readonly status: string;
  }[];
}
