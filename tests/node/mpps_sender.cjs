// A C-arm that reports a performed procedure step, by dcmjs-dimse: node mpps_sender.cjs HOST PORT UID...
// Each UID is created, created again, completed and changed once more; the statuses go to standard output as JSON.
const dimse = require('dcmjs-dimse');

const [host, port, ...uids] = process.argv.slice(2);
const { NCreateRequest, NSetRequest } = dimse.requests;
const sopClass = '1.2.840.10008.3.1.2.3.3';
dimse.log.level = 'error';

const created = {
  Modality: 'RF',
  ScheduledStepAttributesSequence: [{ StudyInstanceUID: '1.2.3.4', AccessionNumber: '' }],
  PerformedStationAETitle: 'CARM1',
  PerformedProcedureStepStartDate: '20261103',
  PerformedProcedureStepStartTime: '093000',
  PerformedProcedureStepStatus: 'IN PROGRESS',
  PerformedSeriesSequence: [],
};
const completed = {
  PerformedProcedureStepStatus: 'COMPLETED',
  PerformedProcedureStepEndDate: '20261103',
  PerformedProcedureStepEndTime: '094500',
  TotalTimeOfFluoroscopy: 42,
  ImageAndFluoroscopyAreaDoseProduct: '1.25',
  PerformedSeriesSequence: [{ SeriesInstanceUID: '1.2.3.5', ProtocolName: 'Joint' }],
};

const statuses = [];
const client = new dimse.Client();
const add = (request, elements) => {
  request.setDataset(new dimse.Dataset(elements));
  request.on('response', (response) => statuses.push(response.getStatus()));
  client.addRequest(request);
};
for (const uid of uids) {
  add(new NCreateRequest(sopClass, uid), created);
  add(new NCreateRequest(sopClass, uid), created);
  add(new NSetRequest(sopClass, uid), completed);
  add(new NSetRequest(sopClass, uid), completed);
}
client.on('networkError', (error) => {
  console.error(error);
  process.exit(1);
});
client.on('closed', () => console.log(JSON.stringify(statuses)));
client.send(host, Number(port), 'CARM1', 'ALARA');
