// Codes of the ledger, of refusals and of deliveries, in words.

import { inWords } from "./format";

const WORDS: Record<string, string> = {
  no_user_anon_id: "No userId or anonymousId. Segment answers 200 here and drops the event.",
  id_required: "The call lacks an id that its type needs.",
  id_not_string: "An id is neither text nor a number.",
  event_not_defined: "A track call without an event name.",
  event_not_string: "The event name is not text.",
  name_not_string: "The name is not text.",
  category_not_string: "The category is not text.",
  properties_not_object: "The properties are not an object.",
  traits_not_object: "The traits are not an object.",
  device_advertisingid_should_be_string: "The advertising id of the device is not text.",
  consent_categorypreferences_should_exist: "Consent came without its category preferences.",
  consent_categorypreferences_fields_should_be_object:
    "The category preferences of consent are not an object.",
  consent_categorypreferences_fields_should_be_bool:
    "A category preference of consent is not true or false.",
  consent_version_should_be_number: "The version of consent is not a number.",
  empty_batch: "A batch without any event.",
  bad_request: "The body is not valid JSON, or not of the shape of the call.",
  unknown_source: "No source has this write key.",
  source_disabled: "The source was switched off when the event came.",
  message_too_large: "The event is larger than allowed (32 kB unless configured otherwise).",
  batch_too_long: "The batch holds more events than allowed.",
  unknown_type: "The item has no type, or one that does not exist.",
  event_name_too_long: "The event name has more than 255 characters.",
  property_name_too_long: "The name of a property has more than 255 characters.",
  nested_too_deep: "Objects are nested deeper than allowed.",
  message_id_too_long: "The message id is too long.",
  suppressed_user: "The person asked not to be tracked.",
  FILTERED_BY_END_USER_CONSENT:
    "The person did not agree to a consent category that the connection asks for.",
  FILTERED_BY_SCHEMA: "The call or the event is switched off for this destination.",
  FILTERED_BY_RULES: "A filter of the destination drops the event.",
  FILTERED_BY_SAMPLE: "A filter of the destination sends only a sample, and the event is not in it.",
  connection_disabled: "The destination was switched off when the event came.",
  FILTERED_BY_INTEGRATIONS_OBJECT: "The event itself says that it does not go there (integrations).",
  MESSAGE_SENT_CLIENT_SIDE: "The browser or the app sent the event there itself.",
  UNSUPPORTED_EVENT_TYPE: "The destination can do nothing with events of this type.",
  NO_MATCHING_MAPPING: "No mapping that is switched on wants the event.",
  PAYLOAD_VALIDATION_FAILED: "What the mapping makes of the event does not fit the action.",
  SANDBOX_LIMIT: "The destination's code took more time or memory than it may.",
  PROGRAM: "The destination's code failed.",
  window_expired: "It could not be sent within the hours to retry.",
  backlog_over_budget: "More waited than is kept for one connection.",
};

/** A sentence for a code; a code without one is shown as words. */
export function reasonInWords(code: string): string {
  if (/^\d{3}$/.test(code)) return `The peer answered ${code}.`;
  return WORDS[code] ?? inWords(code);
}
