/** Envoy's messages as plain objects. */

/** A plain object in the JSON mapping of an Envoy message. */
export interface Message {
  readonly [field: string]: Value;
}
type Value = string | number | boolean | Message | readonly Value[];

export interface Address {
  /** Host name or IP address. */
  readonly host: string;
  /** 0 = any free one, for listeners. */
  readonly port: number;
}

export const extension = (name: string, config: Message): Message => ({ name, typed_config: config });

export const typeUrl = (name: string): string => `type.googleapis.com/envoy.extensions.${name}`;

export const socketAddress = ({ host, port }: Address): Message => ({
  socket_address: { address: host, port_value: port },
});
