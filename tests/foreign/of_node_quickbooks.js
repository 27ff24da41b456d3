// The calls of node-quickbooks, as its own tests and README make them: only the addresses are ours.
const QuickBooks = require('node-quickbooks')

const [base, realm, refresh] = process.argv.slice(2)
QuickBooks.V3_ENDPOINT_BASE_URL = `${base}/v3/company/`
QuickBooks.TOKEN_URL = `${base}/oauth2/tokens`
QuickBooks.REVOKE_URL = `${base}/oauth2/revoke`
const qbo = new QuickBooks('sandbox-client', 'sandbox-secret', 'none', false, realm, false, false, 75, '2.0', refresh)
const DAY = '2026-01-31'

const words = (error) => {
  const body = (error && error.response && error.response.data) || error
  return JSON.stringify((body && body.Fault) || (body && body.fault) || String(body)).replace(/\s+/g, ' ').slice(0, 400)
}

function call(name, method, ...given) {
  return new Promise((resolve) => {
    qbo[method](...given, (error, made) => {
      process.stdout.write(error ? `no\t${name}\t${words(error)}\n` : `ok\t${name}\t\n`)
      resolve(error ? null : made)
    })
  })
}

function check(name, found, wanted) {
  const is = JSON.stringify(found) === JSON.stringify(wanted)
  process.stdout.write(is ? `ok\t${name}\t\n` : `no\t${name}\t${JSON.stringify(found)} and not ${JSON.stringify(wanted)}\n`)
}

const plural = (kind) => ({ Class: 'Classes', TaxAgency: 'TaxAgencies', JournalEntry: 'JournalEntries' })[kind] || `${kind}s`

async function life(kind, body, change, end) {
  const made = await call(`create${kind}`, `create${kind}`, body)
  if (!made) return
  const read = await call(`get${kind}`, `get${kind}`, made.Id)
  if (read) check(`get${kind} as created`, read.Id, made.Id)
  await call(`find${plural(kind)}`, `find${plural(kind)}`, [{ field: 'Id', value: made.Id }, { field: 'limit', value: 5 }])
  await call(`find${plural(kind)} (fetchAll)`, `find${plural(kind)}`, { fetchAll: true, limit: 2 })
  await call(`find${plural(kind)} (count)`, `find${plural(kind)}`, [{ count: true }])
  const changed = await call(`update${kind}`, `update${kind}`, { Id: made.Id, SyncToken: made.SyncToken, ...body, ...change, sparse: true })
  if (changed) check(`update${kind} as changed`, changed[Object.keys(change)[0]], Object.values(change)[0])
  if (!end) return
  if (end === 'voided') {
    const voided = await call(`update${kind} (void)`, `update${kind}`, { Id: made.Id, SyncToken: (changed || made).SyncToken, void: true })
    if (voided) check(`update${kind} as voided`, voided.TotalAmt, 0)
    return
  }
  await call(`${end}${kind} by id`, `${end}${kind}`, made.Id)
}

async function main() {
  const wait = (method, ...given) => new Promise((done) => qbo[method](...given, (error, body) => done(error ? null : body)))
  await call('refreshAccessToken', 'refreshAccessToken')
  await call('getCompanyInfo', 'getCompanyInfo', realm)
  await call('findCompanyInfos', 'findCompanyInfos')
  await call('getPreferences', 'getPreferences')
  await call('findPreferenceses', 'findPreferenceses')
  for (const kind of ['TaxCodes', 'TaxRates', 'CompanyCurrencies']) if (qbo[`find${kind}`]) await call(`find${kind}`, `find${kind}`)
  const accounts = (await call('findAccounts', 'findAccounts', { fetchAll: true })).QueryResponse.Account
  const account = (number) => ({ value: accounts.find((one) => one.AcctNum === number).Id })
  const items = (await call('findItems', 'findItems', [{ field: 'Type', value: 'Service' }, { desc: 'MetaData.LastUpdatedTime' }])).QueryResponse.Item
  const customers = (await call('findCustomers', 'findCustomers', [{ field: 'DisplayName', value: '%a%', operator: 'LIKE' }, { asc: 'Id' }])).QueryResponse.Customer
  const customer = { value: customers[0].Id }
  const note = { PrivateNote: 'Changed by another client' }
  const sale = (more) => ({
    TxnDate: DAY,
    CustomerRef: customer,
    Line: [{ Amount: 100.0, DetailType: 'SalesItemLineDetail', SalesItemLineDetail: { ItemRef: { value: items[0].Id }, Qty: 2, UnitPrice: 50 } }],
    ...more,
  })
  const spent = [{ Amount: 12.5, DetailType: 'AccountBasedExpenseLineDetail', AccountBasedExpenseLineDetail: { AccountRef: account('6100') } }]
  const journal = (amount) => ({
    TxnDate: DAY,
    Line: ['Debit', 'Credit'].map((side, at) => ({
      Id: String(at), Description: 'A line', Amount: amount, DetailType: 'JournalEntryLineDetail',
      JournalEntryLineDetail: { PostingType: side, AccountRef: account(side === 'Debit' ? '1200' : '4000') },
    })),
  })

  await life('Account', { Name: 'Made by node', AccountType: 'Accounts Receivable' }, { Description: 'Changed' })
  await life('Customer', { DisplayName: 'A person of node', BillAddr: { Line1: '1 Main', City: 'X' }, PrimaryEmailAddr: { Address: 'a@example.com' } }, { Notes: 'Changed' })
  await life('Vendor', { DisplayName: 'A processor of node' }, { CompanyName: 'Changed' })
  await life('Item', { Name: 'A thing of node', Type: 'Service', IncomeAccountRef: account('4000') }, { Description: 'Changed' })
  await life('Class', { Name: 'Node' }, { Name: 'Node two' })
  await life('Department', { Name: 'Oslo' }, { Name: 'Bergen' })
  const vendors = await wait('findVendors', { DisplayName: 'A processor of node' })
  const vendor = { value: vendors.QueryResponse.Vendor[0].Id }

  await life('JournalEntry', journal(25.06), note, 'delete')
  await life('SalesReceipt', sale({ DepositToAccountRef: account('1000') }), note, 'delete')
  await life('SalesReceipt', sale({}), note, 'voided')
  await life('RefundReceipt', sale({ DepositToAccountRef: account('1000') }), note, 'delete')
  await life('CreditMemo', sale({}), note, 'delete')
  await life('Invoice', sale({ BillEmail: { Address: 'a@example.com' }, DueDate: DAY }), note, 'delete')
  await life('Invoice', sale({}), note, 'void')
  const invoice = await wait('createInvoice', sale({}))
  const paying = { TxnDate: DAY, TotalAmt: 100.0, CustomerRef: customer, Line: [{ Amount: 100.0, LinkedTxn: [{ TxnId: invoice.Id, TxnType: 'Invoice' }] }] }
  await life('Payment', paying, note, 'delete')
  await life('Payment', paying, note, 'voided')
  await life('Deposit', { TxnDate: DAY, DepositToAccountRef: account('1000'), Line: [{ DetailType: 'DepositLineDetail', Amount: 20.0, DepositLineDetail: { AccountRef: account('4000') } }] }, note, 'delete')
  await life('Transfer', { TxnDate: DAY, Amount: 10.0, FromAccountRef: account('1200'), ToAccountRef: account('1000') }, note, 'delete')
  await life('Purchase', { TxnDate: DAY, PaymentType: 'Cash', AccountRef: account('1000'), Line: spent }, note, 'delete')
  await life('Bill', { TxnDate: DAY, VendorRef: vendor, Line: spent }, note, 'delete')
  await life('VendorCredit', { TxnDate: DAY, VendorRef: vendor, Line: spent }, note, 'delete')
  const bill = await wait('createBill', { TxnDate: DAY, VendorRef: vendor, Line: spent })
  await life('BillPayment', { VendorRef: vendor, PayType: 'Check', TotalAmt: 12.5, CheckPayment: { BankAccountRef: account('1000') }, Line: [{ Amount: 12.5, LinkedTxn: [{ TxnId: bill.Id, TxnType: 'Bill' }] }] }, note, 'delete')

  const batch = await call('batch', 'batch', [
    { bId: '1', operation: 'create', JournalEntry: journal(10) },
    { bId: '2', operation: 'create', Invoice: sale({}) },
    { bId: '3', Query: 'select * from Customer maxresults 2' },
  ])
  if (batch) check('batch as told', batch.BatchItemResponse.map((one) => Boolean(one.Fault)), [false, false, false])
  await call('changeDataCapture', 'changeDataCapture', ['Invoice', 'JournalEntry', 'Customer'], new Date(Date.parse('2026-01-10')))
  await call('reportTrialBalance', 'reportTrialBalance', { start_date: DAY, end_date: DAY })
  const first = await call('create with requestId', 'createJournalEntry', { ...journal(11), requestId: 'node-1' })
  const again = await call('create with requestId again', 'createJournalEntry', { ...journal(11), requestId: 'node-1' })
  if (first && again) check('create with requestId, once', again.Id, first.Id)
  await call('create with allowDuplicateDocNum', 'createInvoice', { ...sale({ DocNumber: 'N-1' }), allowDuplicateDocNum: true })
  await call('create with allowDuplicateDocNum again', 'createInvoice', { ...sale({ DocNumber: 'N-1' }), allowDuplicateDocNum: true })
  await call('revokeAccess', 'revokeAccess', true)
}

main().catch((error) => process.stdout.write(`no\tthe whole\t${error.stack.replace(/\s+/g, ' ').slice(0, 400)}\n`))
