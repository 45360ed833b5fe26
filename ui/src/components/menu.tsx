// Menus and pop-ups, from Radix: focus, keys and roles are its work. None is modal, so that no style is injected.

import { DropdownMenu, Popover } from 'radix-ui'
import { type LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

export interface MenuItem {
  label: string
  icon?: LucideIcon
  hint?: string
  disabled?: boolean
  run: () => void
}

export function Menu({ trigger, items, align = 'end' }: { trigger: ReactNode; items: (MenuItem | undefined | false)[]; align?: 'start' | 'end' }) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align={align} sideOffset={4} collisionPadding={8} className="menu min-w-44">
          {items.map(
            (item) =>
              item && (
                <DropdownMenu.Item key={item.label} className="menu-item" {...(item.disabled ? { disabled: true } : {})} onSelect={item.run}>
                  {item.icon && <item.icon aria-hidden size={15} />}
                  <span className="min-w-0 flex-1 truncate">{item.label}</span>
                  {item.hint && <span className="text-xs text-ink-3">{item.hint}</span>}
                </DropdownMenu.Item>
              ),
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

export function Popup({ trigger, label, children, align = 'end' }: { trigger: ReactNode; label: string; children: ReactNode; align?: 'start' | 'end' }) {
  return (
    <Popover.Root>
      <Popover.Trigger asChild>{trigger}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Content align={align} sideOffset={4} collisionPadding={8} aria-label={label} className="menu p-3!">
          {children}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  )
}
