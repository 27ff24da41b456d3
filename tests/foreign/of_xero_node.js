// The calls of xero-node, as its own examples make them: only the addresses are ours.
const axios = require('axios')
const { XeroClient } = require('xero-node')

const [base, tenant, refresh] = process.argv.slice(2)
const DAY = '2026-01-31'
const SINCE = new Date('2026-01-01T00:00:00Z')
axios.interceptors.request.use((asked) => {
  asked.url = asked.url.replace(/^https:\/\/(api|identity)\.xero\.com/, base)
  return asked
})
const xero = new XeroClient({ clientId: 'sandbox-client', clientSecret: 'sandbox-secret', redirectUris: ['http://localhost/callback'], scopes: ['offline_access'] })

const words = (error) => JSON.stringify((error && error.response && (error.response.body || error.response.data)) || (error && error.stack) || error).replace(/\s+/g, ' ').slice(0, 400)

async function told(name, make) {
  try {
    const made = await make()
    process.stdout.write(`ok\t${name}\t\n`)
    return made
  } catch (error) {
    process.stdout.write(`no\t${name}\t${words(typeof error === 'string' ? JSON.parse(error) : error)}\n`)
    return null
  }
}

async function call(name, ...given) {
  const answer = await told(name, () => xero.accountingApi[name](tenant, ...given))
  return answer && answer.body
}

function check(name, found, wanted) {
  const is = JSON.stringify(found) === JSON.stringify(wanted)
  process.stdout.write(is ? `ok\t${name}\t\n` : `no\t${name}\t${JSON.stringify(found)} and not ${JSON.stringify(wanted)}\n`)
}

async function notes(name, id, create = `create${name}History`, get = `get${name}History`) {
  await call(create, id, { historyRecords: [{ details: 'Seen by node' }] })
  const read = await call(get, id)
  if (read) check(`${get} as told`, read.historyRecords[0].details, 'Seen by node')
}

async function main() {
  await told('refreshWithRefreshToken', () => xero.refreshWithRefreshToken('sandbox-client', 'sandbox-secret', refresh))
  await told('updateTenants', () => xero.updateTenants())
  check('updateTenants as told', xero.tenants.map((one) => one.tenantId), [tenant])

  await call('getOrganisations')
  await call('getOrganisationActions')
  await call('getCurrencies')
  await call('createCurrency', { code: 'EUR', description: 'Euro' })
  await call('getTaxRates')
  const category = await call('createTrackingCategory', { name: 'Channel of node' })
  if (category) await call('createTrackingOptions', category.trackingCategories[0].trackingCategoryID, { name: 'Shop' })
  await call('getTrackingCategories')

  await call('getAccounts', SINCE, 'Status=="ACTIVE" AND Type=="BANK"', 'Name ASC')
  const account = await call('createAccount', { code: '9877', name: 'Made by node', type: 'EXPENSE', description: 'x' })
  if (account) {
    const id = account.accounts[0].accountID
    await call('getAccount', id)
    await call('updateAccount', id, { accounts: [{ name: 'Changed by node' }] })
    await call('deleteAccount', id)
  }
  const people = await call('createContacts', { contacts: [{ name: 'A person of node', emailAddress: 'n@example.com', phones: [{ phoneNumber: '555', phoneType: 'MOBILE' }] }] })
  const contact = { contactID: people.contacts[0].contactID }
  await call('getContacts', SINCE, undefined, undefined, undefined, 1, true)
  await call('getContact', contact.contactID)
  await call('updateContact', contact.contactID, { contacts: [{ contactNumber: 'C-2' }] })
  await call('updateOrCreateContacts', { contacts: [{ ...contact, name: 'A person of theirs, by node' }] })
  await notes('Contact', contact.contactID)

  const items = await call('createItems', { items: [{ code: 'NODE-1', name: 'A thing', salesDetails: { accountCode: '4000', unitPrice: 12.0 } }, { code: 'NODE-2' }] })
  await call('getItems', SINCE, 'Code=="NODE-1"', 'Code ASC', 4)
  if (items) {
    const itemId = items.items[0].itemID
    await call('getItem', itemId)
    await call('updateItem', itemId, { items: [{ code: 'NODE-1', name: 'Another thing' }] })
    await call('updateOrCreateItems', { items: [{ code: 'NODE-2', name: 'A second' }] })
    const sold = await call('createInvoices', { invoices: [{ type: 'ACCREC', contact, status: 'AUTHORISED', lineItems: [{ itemCode: 'NODE-1', quantity: 2.0 }] }] })
    if (sold) check('item code as told', [sold.invoices[0].lineItems[0].itemCode, sold.invoices[0].lineItems[0].lineAmount], ['NODE-1', 24])
    await notes('Item', itemId)
    await call('deleteItem', items.items[1].itemID)
  }

  const lines = (amount, code) => [{ description: 'A thing', quantity: 1.0, unitAmount: amount, accountCode: code }]
  const invoice = (more) => ({ type: 'ACCREC', contact, lineItems: lines(100, '4000'), date: DAY, dueDate: DAY, reference: 'node', status: 'AUTHORISED', ...more })
  const made = await call('createInvoices', { invoices: [invoice({ invoiceNumber: 'N-1' }), invoice({})] })
  await call('createInvoices', { invoices: [invoice({ invoiceNumber: 'N-2' })] }, false, 4, 'node-key-1')
  const id = made.invoices[0].invoiceID
  const read = await call('getInvoice', id)
  if (read) check('getInvoice as created', [read.invoices[0].total, new Date(read.invoices[0].date).toISOString().slice(0, 10)], [made.invoices[0].total, DAY])
  await call('getInvoices', SINCE, 'Type=="ACCREC"', 'UpdatedDateUTC ASC', [id], ['N-1'], undefined, ['AUTHORISED'], 1, true, false, 4)
  await call('updateInvoice', id, { invoices: [{ reference: 'Changed' }] })
  await call('updateOrCreateInvoices', { invoices: [{ invoiceID: id, dueDate: DAY }] })
  await call('updateInvoice', made.invoices[1].invoiceID, { invoices: [{ status: 'VOIDED' }] })
  await notes('Invoice', id)

  const payment = { invoice: { invoiceID: id }, account: { code: '1200' }, date: DAY, amount: 40.0, reference: 'p' }
  const paid = await call('createPayment', payment)
  await call('createPayments', { payments: [payment] })
  await call('getPayments', SINCE, 'Status=="AUTHORISED"', undefined, 1)
  if (paid) {
    await call('getPayment', paid.payments[0].paymentID)
    await notes('Payment', paid.payments[0].paymentID)
    await call('deletePayment', paid.payments[0].paymentID, { status: 'DELETED' })
  }
  const credit = await call('createCreditNotes', { creditNotes: [{ type: 'ACCRECCREDIT', contact, date: DAY, status: 'AUTHORISED', lineItems: lines(40, '4000') }] })
  if (credit) {
    const noteId = credit.creditNotes[0].creditNoteID
    await call('getCreditNote', noteId)
    await call('getCreditNotes', SINCE, undefined, undefined, 1)
    await call('updateCreditNote', noteId, { creditNotes: [{ reference: 'Changed' }] })
    const share = await call('createCreditNoteAllocation', noteId, { allocations: [{ invoice: { invoiceID: id }, amount: 10.0, date: DAY }] })
    if (share) await call('deleteCreditNoteAllocations', noteId, share.allocations[0].allocationID)
    await call('updateOrCreateCreditNotes', { creditNotes: [{ creditNoteID: noteId, date: DAY }] })
    await notes('CreditNote', noteId)
  }

  const transaction = (more) => ({ type: 'SPEND', contact, lineItems: lines(10, '6100'), bankAccount: { code: '1000' }, date: DAY, ...more })
  const spent = await call('createBankTransactions', { bankTransactions: [transaction({}), transaction({ type: 'RECEIVE' })] })
  await call('getBankTransactions', SINCE, 'Type=="SPEND"', undefined, 1)
  if (spent) {
    const bankId = spent.bankTransactions[0].bankTransactionID
    await call('getBankTransaction', bankId)
    await call('updateBankTransaction', bankId, { bankTransactions: [transaction({ reference: 'Changed' })] })
    await notes('BankTransaction', bankId, 'createBankTransactionHistoryRecord', 'getBankTransactionsHistory')
    await call('updateOrCreateBankTransactions', { bankTransactions: [transaction({ bankTransactionID: bankId, status: 'DELETED' })] })
  }
  const moved = await call('createBankTransfer', { bankTransfers: [{ fromBankAccount: { code: '1230' }, toBankAccount: { code: '1000' }, amount: 10.0, date: DAY }] })
  await call('getBankTransfers', SINCE)
  if (moved) {
    await call('getBankTransfer', moved.bankTransfers[0].bankTransferID)
    await notes('BankTransfer', moved.bankTransfers[0].bankTransferID, 'createBankTransferHistoryRecord')
  }
  const journalLines = [{ lineAmount: 100.0, accountCode: '1200', description: 'one' }, { lineAmount: -100.0, accountCode: '4000', description: 'other' }]
  const journals = await call('createManualJournals', { manualJournals: [{ narration: 'node', date: DAY, status: 'POSTED', journalLines }] })
  await call('getManualJournals', SINCE, 'Narration=="node"', undefined, 1)
  if (journals) {
    const journalId = journals.manualJournals[0].manualJournalID
    await call('getManualJournal', journalId)
    await call('updateManualJournal', journalId, { manualJournals: [{ narration: 'Changed', journalLines }] })
    await notes('ManualJournal', journalId, 'createManualJournalHistoryRecord', 'getManualJournalsHistory')
    await call('updateOrCreateManualJournals', { manualJournals: [{ manualJournalID: journalId, narration: 'Changed', status: 'VOIDED', journalLines: [] }] })
  }
  await call('getOverpayments', SINCE, undefined, undefined, 1)
  await call('getPrepayments', SINCE, undefined, undefined, 1)
  await call('getReportTrialBalance', DAY, false)
}

main().catch((error) => process.stdout.write(`no\tthe whole\t${words(error)}\n`))
