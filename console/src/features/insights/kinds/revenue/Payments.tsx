import { EventLine } from "../../edit/Common";
import { AddButton, Word } from "../../edit/Chip";
import classes from "../../edit/edit.module.css";
import { PropertyPicker } from "../../edit/PropertyPicker";
import type { Schema } from "../../../../api/client";

type Payments = Schema<"Payments">;

const SPECIAL = ["_active", "_all"];

interface Props {
  payments: Payments | undefined;
  onChange: (payments: Payments) => void;
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
