import { useQuery } from "@tanstack/react-query";
import { eventNamesQuery } from "../../../../api/queries/eventSchema";
import { EventLine } from "../../edit/Common";
import { AddButton, Word } from "../../edit/Chip";
import classes from "../../edit/edit.module.css";
import { PropertyPicker } from "../../edit/PropertyPicker";
import { finder, ORDERS } from "../../usual";
import type { Schema } from "../../../../api/client";

type Payments = Schema<"Payments">;

const SPECIAL = ["_active", "_all"];

interface Props {
  payments: Payments | undefined;
  onChange: (payments: Payments) => void;
}

/** An amount often stands on several events of one order: says which count, and offers the one that is meant. */
function WhatPays({ payments, amount, onChange }: Props & { payments: Payments; amount: string }) {
  const seen = useQuery(eventNamesQuery).data ?? [];
  const chosen = payments.event?.event ?? "_active";
  if (!SPECIAL.includes(chosen)) return chosen === "" ? null : <div className={classes.note}>Other events with {amount} do not count.</div>;
  const order = finder(seen.map((one) => one.name))(ORDERS);
  return (
    <div className={classes.note}>
      Each event with {amount} counts, so an order may count more than once, as where its checkout has an amount, too.
      {order ? <AddButton onClick={() => onChange({ ...payments, event: { event: order } })}>Only {order}</AddButton> : null}
    </div>
  );
}

/** "from *revenue* of A, less that of B": which events are payments. */
export function PaymentsLines({ payments = {}, onChange }: Props) {
  const amount = payments.amount ?? { property: "revenue" };
  return (
    <>
      <div className={classes.line}>
        <Word>as</Word>
        <PropertyPicker
          event={payments.event?.event ?? undefined}
          type="number"
          value={amount}
          label={`Amount: ${amount.property}. Change`}
          shown={amount.property}
          onChange={(property) => onChange({ ...payments, amount: property })}
        />
        <Word>of</Word>
      </div>
      <EventLine
        mark="A"
        of="Payment"
        selector={payments.event ?? { event: "_active" }}
        special={SPECIAL}
        onChange={(event) => onChange({ ...payments, event })}
      />
      <WhatPays payments={payments} amount={amount.property} onChange={onChange} />
      {payments.refund ? (
        <>
          <div className={classes.line}>
            <Word>less that of</Word>
          </div>
          <EventLine
            mark="B"
            of="Refund"
            selector={payments.refund}
            special={[]}
            onChange={(refund) => onChange({ ...payments, refund })}
            onRemove={() => onChange({ ...payments, refund: undefined })}
          />
        </>
      ) : (
        <div className={classes.line}>
          <AddButton onClick={() => onChange({ ...payments, refund: { event: "" } })}>Refunds</AddButton>
        </div>
      )}
    </>
  );
}
