// The schemes that have a name. Each is written in the grammar of the configuration and read as a spelled-out scheme is, so
// that none can do what a user's own could not. Sources: shared with README.md, which has a row for each.

/** Name and scheme, by turns. */
export const PRESETS: StaticArray<string> = [
  "github",
  '{"header":"X-Hub-Signature-256","prefix":"sha256="}',
  "meta",
  '{"header":"X-Hub-Signature-256","prefix":"sha256="}',
  "intercom",
  '{"header":"X-Hub-Signature","prefix":"sha1=","algorithm":"sha1"}',
  "stripe",
  '{"header":"Stripe-Signature","list":{"separator":",","pair":"=","signature":"v1","timestamp":"t"},"string_to_sign":"{timestamp}.{body}","timestamp":{"element":"t"}}',
  "slack",
  '{"header":"X-Slack-Signature","prefix":"v0=","string_to_sign":"v0:{timestamp}:{body}","timestamp":{"header":"X-Slack-Request-Timestamp"}}',
  // Zoom publishes no tolerance: 300 s is ours.
  "zoom",
  '{"header":"x-zm-signature","prefix":"v0=","string_to_sign":"v0:{timestamp}:{body}","timestamp":{"header":"x-zm-request-timestamp"}}',
  "shopify",
  '{"header":"X-Shopify-Hmac-SHA256","encoding":"base64"}',
  "standard-webhooks",
  '{"header":"webhook-signature","list":{"separator":" ","pair":",","signature":"v1"},"encoding":"base64","string_to_sign":"{id}.{timestamp}.{body}","timestamp":{"header":"webhook-timestamp"},"id":{"header":"webhook-id"},"key":{"encoding":"base64","strip_prefix":"whsec_","refuse_prefixes":["whpk_","whsk_"]}}',
  "svix",
  '{"header":"svix-signature","list":{"separator":" ","pair":",","signature":"v1"},"encoding":"base64","string_to_sign":"{id}.{timestamp}.{body}","timestamp":{"header":"svix-timestamp"},"id":{"header":"svix-id"},"key":{"encoding":"base64","strip_prefix":"whsec_","refuse_prefixes":["whpk_","whsk_"]}}',
  "twilio",
  '{"header":"X-Twilio-Signature","algorithm":"sha1","encoding":"base64","string_to_sign":"{url}{form}","url":{"ports":"both","body_hash_query":"bodySHA256"}}',
  "square",
  '{"header":"x-square-hmacsha256-signature","encoding":"base64","string_to_sign":"{url}{body}"}',
  "dropbox",
  '{"header":"X-Dropbox-Signature"}',
  "linear",
  '{"header":"Linear-Signature","timestamp":{"body_json":"webhookTimestamp","unit":"ms","tolerance_seconds":60}}',
  "pagerduty",
  '{"header":"X-PagerDuty-Signature","list":{"separator":",","pair":"=","signature":"v1"}}',
  "paddle",
  '{"header":"Paddle-Signature","list":{"separator":";","pair":"=","signature":"h1","timestamp":"ts"},"string_to_sign":"{timestamp}:{body}","timestamp":{"element":"ts","tolerance_seconds":5}}',
  "hubspot-v3",
  '{"header":"X-HubSpot-Signature-v3","encoding":"base64","string_to_sign":"{method}{url}{body}{timestamp}","url":{"decode":":/?@!$\'()*,;"},"timestamp":{"header":"X-HubSpot-Request-Timestamp","unit":"ms"}}',
  "vercel",
  '{"header":"x-vercel-signature","algorithm":"sha1"}',
  "woocommerce",
  '{"header":"X-WC-Webhook-Signature","encoding":"base64"}',
  "webflow",
  '{"header":"x-webflow-signature","string_to_sign":"{timestamp}:{body}","timestamp":{"header":"x-webflow-timestamp","unit":"ms"}}',
  "elevenlabs",
  '{"header":"ElevenLabs-Signature","list":{"separator":",","pair":"=","signature":"v0","timestamp":"t"},"string_to_sign":"{timestamp}.{body}","timestamp":{"element":"t","tolerance_seconds":1800}}',
];

/** The text of the scheme with this name; "" when there is none. */
export function presetOf(name: string): string {
  for (let i = 0; i < PRESETS.length; i += 2) if (unchecked(PRESETS[i]) == name) return unchecked(PRESETS[i + 1]);
  return "";
}
