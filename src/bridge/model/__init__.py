"""What happened and what we decided, as frozen values: no I/O, no clock, no plugins.

Facts check themselves where they are made; reading one back from the store makes it again. Money is whole
minor units and a currency; instants are aware UTC; book dates are days on the merchant's calendar.
"""
