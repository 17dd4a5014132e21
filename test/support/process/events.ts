/** A server-sent event: its name and its data, parsed. A comment has the name ''. */
export interface ServerSentEvent {
  readonly event: string;
  readonly data: unknown;
}

/** The events of a stream's text, strictly: what is not of this form fails. */
export function parseEvents(text: string): ServerSentEvent[] {
  if (!text.endsWith('\n\n')) throw new Error('the last event does not end');
  return text
    .slice(0, -2)
    .split('\n\n')
    .map((block) => {
      if (block === ':') return { event: '', data: null };
      const [, event, data] = /^event: (\w+)\ndata: ([^\n]*)$/.exec(block) ?? [];
      if (event === undefined) throw new Error(`not an event: ${block}`);
      return { event, data: JSON.parse(data!) };
    });
}
