// In place of the theme's that are laid out with a grid, which writes a style element.
import { ActionIcon, Button, Fieldset, TextInput } from "@mantine/core";
import { type ArrayFieldItemTemplateProps, type ArrayFieldTitleProps, buttonId, canExpand, type ObjectFieldTemplateProps, type TitleFieldProps, type WrapIfAdditionalTemplateProps } from "@rjsf/utils";
import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";
import style from "./templates.module.css";

export function ObjectField({ title, description, properties, schema, uiSchema, formData, onAddProperty, disabled, readonly, fieldPathId }: ObjectFieldTemplateProps) {
  const fields = (
    <div className={style.fields}>
      {properties.filter((property) => !property.hidden).map((property) => <div key={property.name}>{property.content}</div>)}
      {canExpand(schema, uiSchema, formData) && (
        <Button id={buttonId(fieldPathId, "add")} variant="default" size="xs" leftSection={<Plus size={14} />} disabled={(disabled || readonly) ?? false} onClick={onAddProperty} className={style.add}>
          Add a member
        </Button>
      )}
    </div>
  );
  if (fieldPathId.path.length === 0) return fields;
  return (
    <Fieldset legend={title} id={fieldPathId.$id} radius="md">
      {description && <p className={style.description}>{description}</p>}
      {fields}
    </Fieldset>
  );
}

export function ArrayItem({ children, buttonsProps, hasToolbar, index }: ArrayFieldItemTemplateProps) {
  const { hasMoveUp, hasMoveDown, hasRemove, onMoveUpItem, onMoveDownItem, onRemoveItem, disabled, readonly } = buttonsProps;
  const off = (disabled || readonly) ?? false;
  return (
    <div className={style.item}>
      <div className={style.itemBody}>{children}</div>
      {hasToolbar && (
        <div className={style.tools}>
          {(hasMoveUp || hasMoveDown) && (
            <>
              <ActionIcon variant="subtle" color="gray" aria-label={`Item ${index + 1} up`} disabled={off || !hasMoveUp} onClick={onMoveUpItem}>
                <ArrowUp size={15} />
              </ActionIcon>
              <ActionIcon variant="subtle" color="gray" aria-label={`Item ${index + 1} down`} disabled={off || !hasMoveDown} onClick={onMoveDownItem}>
                <ArrowDown size={15} />
              </ActionIcon>
            </>
          )}
          {hasRemove && (
            <ActionIcon variant="subtle" color="red" aria-label={`Remove item ${index + 1}`} disabled={off} onClick={onRemoveItem}>
              <Trash2 size={15} />
            </ActionIcon>
          )}
        </div>
      )}
    </div>
  );
}

export function ArrayTitle({ title, required }: ArrayFieldTitleProps) {
  return title ? (
    <div className={style.title}>
      {title}
      {required && <span className={style.required}> *</span>}
    </div>
  ) : null;
}

export function Title({ title, required, id }: TitleFieldProps) {
  return (
    <div className={style.title} id={id}>
      {title}
      {required && <span className={style.required}> *</span>}
    </div>
  );
}

/** A member whose name the schema leaves to whoever fills it in. */
export function Additional({ children, id, label, schema, disabled, readonly, onKeyRenameBlur, onRemoveProperty, ...rest }: WrapIfAdditionalTemplateProps) {
  if (!("__additional_property" in schema)) return <div className={rest.classNames}>{children}</div>;
  const off = (disabled || readonly) ?? false;
  return (
    <div className={style.item}>
      <TextInput label="Name" id={`${id}-key`} defaultValue={label} disabled={off} onBlur={onKeyRenameBlur} />
      <div className={style.itemBody}>{children}</div>
      <ActionIcon variant="subtle" color="red" aria-label={`Remove ${label}`} disabled={off} onClick={onRemoveProperty} mt={26}>
        <Trash2 size={15} />
      </ActionIcon>
    </div>
  );
}
